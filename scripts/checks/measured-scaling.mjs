import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { marksOf, readPart, writePart } from './generated-part.mjs'

/** @typedef {import('./report.mjs').Violation} Violation */

const PAGE = 'docs/guides/scaling.md'
const RESULT = 'benchmarks/results/partitions.json'

/**
 * The guide to scaling quotes what `npm run bench -- partitions --save` has measured, and nothing else.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the quoted numbers up to date first
 * @returns {Violation[]} none while the project has no such guide or result
 */
export function checkMeasuredScaling(root, { write = false }) {
  const page = join(root, PAGE)
  if (!existsSync(page) || !existsSync(join(root, RESULT))) return []
  const part = measuredPart(JSON.parse(readFileSync(join(root, RESULT), 'utf8')))
  const marks = marksOf('partitions')
  if (write) writePart(page, marks, { part })
  if (readPart(readFileSync(page, 'utf8'), marks) === part) return []
  const remedy = `run \`node scripts/check-docs.mjs --write\`; the place is ${marks.begin} ${marks.end}`
  const message = `it does not say what ${RESULT} says`
  return [{ file: PAGE, line: 1, rule: 'measured-scaling', message, remedy }]
}

/** @param {any} result */
function measuredPart(result) {
  const { rows, months, machine, sizes, calls } = result
  return [
    `${count(rows)} sessions over ${months} months (${megabytes(sizes.sessions)} and ${megabytes(sizes.session_indexes)} of ` +
      `indexes, of which the BRIN index on the time is ${kilobytes(sizes.brin)}), ${machine.cores} cores that were busy ` +
      `with other things, PostgreSQL on the same machine, ${machine.date}, commit ${machine.commit}. Medians in milliseconds.`,
    markdown([
      ['', ...Object.keys(calls[0].millis)],
      ...calls.map((/** @type {any} */ { call, millis }) => [nameOf(call), ...Object.values(millis).map(ms)]),
    ]),
    markdown([['once', 'took'], ...onceRows(result)]),
    markdown([
      ['payments a second, 8 callers', 'without statistics', 'with', 'ratio'],
      ...result.payments.map((/** @type {any} */ { name, without, kept, ratio }) => [
        name,
        count(without),
        count(kept),
        ratio.toFixed(2),
      ]),
    ]),
  ].join('\n\n')
}

/** @param {any} result @returns {string[][]} */
function onceRows({ conversion, retiring, reconcile, ahead }) {
  return [
    ['becoming partitioned', seconds(conversion.millis)],
    ['… of which the table was locked', `${ms(conversion.lockedMillis)} ms`],
    [`${ahead.partitions} partitions ahead`, `${ms(ahead.millis)} ms`],
    [`${count(retiring.deletedRows)} old rows by DELETE`, seconds(retiring.deleteMillis)],
    [`the same as ${retiring.dropped} partitions`, `${ms(retiring.dropMillis)} ms`],
    [`filling in ${count(reconcile.days)} days of creators`, seconds(reconcile.fillMillis)],
    ['comparing the latest 40 days at night', seconds(reconcile.nightlyMillis)],
  ]
}

/** @param {string[][]} rows the first is the head */
function markdown([head = [], ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    `|${head.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`,
    ...rows.map(line),
  ].join('\n')
}

/** @param {string} call */
function nameOf(call) {
  return call.includes(' ') ? call : `\`${call}\``
}

/** @param {unknown} value */
function ms(value) {
  return Number(value).toFixed(Number(value) < 10 ? 1 : 0)
}

/** @param {number} millis */
function seconds(millis) {
  return `${(millis / 1_000).toFixed(1)} s`
}

/** @param {number} value */
function count(value) {
  return Math.round(value).toLocaleString('en-US')
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${count(bytes / 1e6)} MB`
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${count(bytes / 1e3)} kB`
}
