import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../run/repository.mjs'

/** What the README tells its readers to run. */
export interface Readme {
  /** The command that starts everything, as words. */
  readonly start: readonly string[]
  /** The lines to try in another terminal. */
  readonly curls: readonly string[]
  /** The TypeScript examples, each a whole program. */
  readonly examples: readonly string[]
}

/** Reads the commands where the newcomer reads them. @throws Error when the README has none of a kind */
export function readReadme(): Readme {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const lines = blocks(text, 'sh').flatMap(block => block.trim().split('\n'))
  const start = lines.find(line => /^npm start\b/.test(line))
  const curls = lines.filter(line => line.startsWith('curl '))
  const examples = blocks(text, 'ts')
  if (start === undefined || curls.length === 0 || examples.length === 0)
    throw new Error('README.md has no command to start, no curl line or no TypeScript example')
  return { start: start.split(' '), curls, examples }
}

/** The contents of all code blocks in this language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , block]) => block ?? '')
}
