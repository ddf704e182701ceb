import { MigrationFileError } from './migration-file-error.js'

/** What the first lines of a file can say: `--! no-transaction`. */
export type Directive = 'no-transaction' | 'breaking'

const KNOWN: readonly Directive[] = ['no-transaction', 'breaking']

/**
 * The directives of a file: the lines at its very beginning that start with `--!`, one directive in each. Anywhere
 * else such a line is a comment.
 *
 * @throws MigrationFileError for one that nobody knows
 */
export function readDirectives(name: string, text: string): ReadonlySet<Directive> {
  const lines = text.split('\n')
  const end = lines.findIndex(line => !line.startsWith('--!'))
  const heard = lines.slice(0, end === -1 ? lines.length : end)
  return new Set(heard.map(line => directiveOf(name, line)))
}

function wordOf(line: string): string {
  return line.slice('--!'.length).trim()
}

function directiveOf(name: string, line: string): Directive {
  const known = KNOWN.find(directive => directive === wordOf(line))
  if (known !== undefined) return known
  const expected = KNOWN.map(directive => `"--! ${directive}"`).join(' or ')
  throw new MigrationFileError(name, `unknown directive in the first lines: expected ${expected}.`)
}
