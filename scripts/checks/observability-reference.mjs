import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { marksOf, readPart, writePart } from './generated-part.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {{ level: string, when: string, fields: Record<string, string> }} LogLine
 */

const EVENTS_PAGE = 'docs/reference/events.md'
const LINES_PAGE = 'docs/reference/log-lines.md'
const WARNINGS_SOURCE = 'packages/holdfast/src/base/warning.ts'
const CHANNELS_SOURCE = 'packages/holdfast/src/base/channels.ts'
const LINES_BUILT = 'packages/holdfast/dist/monitoring/log-lines.js'
const REMEDY = 'run `npm run build && node scripts/check-docs.mjs --write`'

/**
 * The references of events and log lines say what the code says: warnings by their doc
 * comment, lines by their table, channels by their names.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the generated parts up to date first
 * @returns {Promise<Violation[]>} none while the project has no such pages
 */
export async function checkObservabilityReference(root, { write = false }) {
  if (!existsSync(join(root, EVENTS_PAGE)) || !existsSync(join(root, LINES_PAGE))) return []
  const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8')
  const { LOG_LINES } = await import(pathToFileURL(join(root, LINES_BUILT)).href)
  const parts = [
    { page: EVENTS_PAGE, name: 'warnings', part: warningTable(read(WARNINGS_SOURCE)) },
    { page: LINES_PAGE, name: 'lines', part: lineTables(LOG_LINES) },
  ]
  if (write) for (const { page, name, part } of parts) writePart(join(root, page), marksOf(name), { part })
  const outdated = parts
    .filter(({ page, name, part }) => readPart(read(page), marksOf(name)) !== part)
    .map(({ page, name }) => violation(page, `it tells the ${name} differently than the code`, REMEDY))
  return [
    ...outdated,
    ...wordsMissing('channel', read(EVENTS_PAGE), channelsIn(read(CHANNELS_SOURCE))),
    ...undocumentedWarnings(read(WARNINGS_SOURCE)),
  ]
}

/** The codes that the doc comment of `Warning.code` explains. @param {string} source */
function warningsIn(source) {
  const comment =
    /readonly code:/.exec(source) &&
    source.slice(source.indexOf('export interface Warning'), source.indexOf('readonly code:'))
  return [...(comment || '').matchAll(/^ {3}\* (`[a-z-]+`.*)$/gm)].flatMap(([, line = '']) =>
    line.split(/; (?=`)/).flatMap(explained),
  )
}

/** `a`, `b`: what they mean. @param {string} text */
function explained(text) {
  const [, words = '', about = ''] = /^((?:`[a-z-]+`(?:, )?)+): (.*)$/.exec(text) ?? []
  return [...words.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => ({
    code,
    about: about.replace(/\.?$/, '.'),
  }))
}

/** @param {string} source */
function warningTable(source) {
  const rows = warningsIn(source).map(
    ({ code, about }) => `| <a id="${code}"></a>\`${code}\` | ${capital(about)} |`,
  )
  return ['| code | when |', '|---|---|', ...rows].join('\n')
}

/** @param {string} text */
function capital(text) {
  return text.startsWith('`') ? text : text.charAt(0).toUpperCase() + text.slice(1)
}

/** Words of the union without an explanation, and the other way round. @param {string} source @returns {Violation[]} */
function undocumentedWarnings(source) {
  const told = warningsIn(source).map(({ code }) => code)
  const real = [...source.matchAll(/^ {4}\| '([a-z-]+)'$/gm)].map(([, code = '']) => code)
  const wrong = [...real.filter(code => !told.includes(code)), ...told.filter(code => !real.includes(code))]
  return wrong.map(code =>
    violation(
      WARNINGS_SOURCE,
      `the warning \`${code}\` and its explanation do not go together`,
      'explain each code in the doc comment of `code`, and no other',
    ),
  )
}

/** @param {Record<string, LogLine>} lines */
function lineTables(lines) {
  return Object.entries(lines)
    .map(([code, { level, when, fields }]) => {
      const rows = Object.entries(fields).map(([name, about]) => `| \`${name}\` | ${about} |`)
      return [`## ${code}`, '', `\`${level}\`. ${when}`, '', '| field | |', '|---|---|', ...rows].join('\n')
    })
    .join('\n\n')
}

/** @param {string} source */
function channelsIn(source) {
  return [...source.matchAll(/hannel\('(pg:[a-z:]+)'\)/g)].map(([, name = '']) => name)
}

/**
 * Each name has a row of its own, and no other row names one.
 *
 * @param {string} what
 * @param {string} page
 * @param {readonly string[]} real
 * @returns {Violation[]}
 */
function wordsMissing(what, page, real) {
  const told = [...page.matchAll(/^\| `(pg:[a-z:]+)` \|/gm)].map(([, name = '']) => name)
  const wrong = [...real.filter(name => !told.includes(name)), ...told.filter(name => !real.includes(name))]
  return wrong.map(name =>
    violation(
      EVENTS_PAGE,
      `the ${what} \`${name}\` is not in both page and code`,
      'give each its row, and no other',
    ),
  )
}

/** @param {string} file @param {string} message @param {string} remedy @returns {Violation} */
function violation(file, message, remedy) {
  return { file, line: 1, rule: 'observability-reference', message, remedy }
}
