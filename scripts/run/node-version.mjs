import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './repository.mjs'

/**
 * Ends the process with advice when this Node is older than the `engines` of package.json ask for.
 *
 * @param {string} [version] of the running Node
 */
export function requireNode(version = process.versions.node) {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const needed = engines.node.replace('>=', '')
  if (isAtLeast(version, needed)) return
  console.error(`Holdfast needs Node.js ${needed} or newer, and this is ${version}.`)
  console.error('Get a current one from https://nodejs.org or with your version manager (nvm install 22).')
  process.exit(1)
}

/**
 * @param {string} version such as 20.19.5
 * @param {string} needed such as 20.19
 * @returns {boolean}
 */
export function isAtLeast(version, needed) {
  const [given, wanted] = [version, needed].map(text => text.split('.').map(Number))
  for (let i = 0; i < wanted.length; i += 1) {
    if ((given[i] || 0) !== wanted[i]) return (given[i] || 0) > wanted[i]
  }
  return true
}
