import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './repository.mjs'

/**
 * A command that fails when a rule is broken.
 *
 * @typedef {{ title: string, args: string[] }} Check
 */

/** @returns {Check[]} every check of the repository; a script named check-*.mjs is one without being listed */
export function listChecks() {
  const scripts = readdirSync(join(ROOT, 'scripts')).filter(name => /^check-.*\.mjs$/.test(name))
  return [
    { title: 'Style (biome)', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
    { title: 'Types of the tests', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.tests.json'] },
    ...scripts.sort().map(name => ({ title: name.replace('.mjs', ''), args: [`scripts/${name}`] })),
  ]
}
