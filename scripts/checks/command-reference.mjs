import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { marksOf, readPart, writePart } from './generated-part.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {{ name: string, short?: string, value?: string, words?: readonly string[], about: string }} Option
 * @typedef {{ name: string, summary: string, usage: string, about?: string, options: readonly Option[],
 *   examples: readonly { line: string, about: string }[] }} Command
 */

const PAGE = 'docs/reference/cli.md'
const SOURCE = 'packages/holdfast/src/cli/command-table.ts'
const BUILT = 'packages/holdfast/dist/cli'
const MARKS = marksOf('commands')
const REMEDY = 'run `npm run build && node scripts/check-docs.mjs --write`'

/** What the page says around the commands when it is written for the first time; from then on it is the author's. */
const FIRST_PAGE = `# The command line

${MARKS.begin}
${MARKS.end}
`

/**
 * The reference of the command line says exactly what the help of each command says: both are made of the same table.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the page up to date first
 * @returns {Promise<Violation[]>} none while the project has no page, or no table of commands, yet
 */
export async function checkCommandReference(root, { write = false }) {
  if (!existsSync(join(root, SOURCE)) || (!write && !existsSync(join(root, PAGE)))) return []
  if (!existsSync(join(root, BUILT, 'command-table.js'))) return [outdated(`${BUILT} is not built`)]
  const part = await referenceOf(root)
  if (write) writePage(join(root, PAGE), part)
  const written = readPart(readFileSync(join(root, PAGE), 'utf8'), MARKS)
  if (written === undefined)
    return [outdated(`${PAGE} has no lines ${MARKS.begin} and ${MARKS.end} to hold the commands`)]
  return written === part ? [] : [outdated(`${PAGE} says something else than the commands`)]
}

/** @param {string} root */
async function referenceOf(root) {
  /** @param {string} name */
  const built = name => import(pathToFileURL(join(root, BUILT, name)).href)
  const { COMMANDS } = await built('command-table.js')
  const { GLOBAL_OPTIONS } = await built('command.js')
  const { spelling } = await built('help.js')
  /** @param {readonly Option[]} options */
  const table = options => [
    '| option | effect |',
    '|---|---|',
    ...options.map(option => `| \`${cell(spelling(option))}\` | ${cell(option.about)} |`),
  ]
  const parts = COMMANDS.map((/** @type {Command} */ command) => section(command, table))
  return [['## Options of every command', '', ...table(GLOBAL_OPTIONS)].join('\n'), ...parts].join('\n\n')
}

/** @param {Command} command @param {(options: readonly Option[]) => string[]} table */
function section({ name, summary, usage, about, options, examples }, table) {
  const lines = [`## holdfast ${name}`, '', `${summary}.`]
  if (about !== undefined) lines.push('', about)
  lines.push('', '```sh', `holdfast ${name} ${usage}`.trimEnd(), '```')
  if (options.length > 0) lines.push('', ...table(options))
  if (examples.length > 0)
    lines.push('', '```sh', ...examples.map(each => `${each.line}   # ${each.about}`), '```')
  return lines.join('\n')
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** @param {string} file @param {string} part */
function writePage(file, part) {
  mkdirSync(dirname(file), { recursive: true })
  writePart(file, MARKS, { part, firstPage: FIRST_PAGE })
}

/** @param {string} message @returns {Violation} */
function outdated(message) {
  return { file: PAGE, line: 1, rule: 'command-reference', message, remedy: REMEDY }
}
