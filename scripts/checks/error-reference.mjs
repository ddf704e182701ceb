import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { marksOf, readPart, writePart } from './generated-part.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {Record<string, { category: string, retry: string, about: string }>} ErrorCodes
 */

const PAGE = 'docs/reference/errors.md'
const BUILT = 'packages/holdfast/dist/base/errors.js'
const SOURCE = 'packages/holdfast/src/base/errors.ts'
const MARKS = marksOf('codes')
const REMEDY = 'run `npm run build && node scripts/check-docs.mjs --write`'

/** What the page says around the codes when it is written for the first time; from then on it is the author's. */
const FIRST_PAGE = `# Errors

Every error that Holdfast makes is a \`HoldfastError\` with a stable \`code\`, a \`category\` and an answer to "may I
\`retry\`?". An error from PostgreSQL keeps its SQLSTATE in \`code\` and gains \`category\` and \`retry\`.

${MARKS.begin}
${MARKS.end}
`

/**
 * The reference of the error codes says exactly what the code says.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the page up to date first
 * @returns {Promise<Violation[]>} none while the project has no page, or no table of codes, yet
 */
export async function checkErrorReference(root, { write = false }) {
  if (!existsSync(join(root, SOURCE)) || (!write && !existsSync(join(root, PAGE)))) return []
  if (!existsSync(join(root, BUILT))) return [outdated(`${BUILT} is not built`)]
  const { ERROR_CODES } = await import(pathToFileURL(join(root, BUILT)).href)
  const codes = referenceOf(ERROR_CODES)
  if (write) writePage(join(root, PAGE), codes)
  return verify(readFileSync(join(root, PAGE), 'utf8'), codes)
}

/** @param {ErrorCodes} codes */
function referenceOf(codes) {
  const rows = Object.entries(codes).map(
    ([code, { category, retry, about }]) =>
      `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${category} | ${retry} | ${cell(about)} |`,
  )
  return ['| code | category | retry | when, and what to do |', '|---|---|---|---|', ...rows].join('\n')
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** @param {string} file @param {string} codes */
function writePage(file, codes) {
  mkdirSync(dirname(file), { recursive: true })
  writePart(file, MARKS, { part: codes, firstPage: FIRST_PAGE })
}

/** @param {string} page @param {string} codes */
function verify(page, codes) {
  const part = readPart(page, MARKS)
  if (part === undefined)
    return [outdated(`${PAGE} has no lines ${MARKS.begin} and ${MARKS.end} to hold the codes`)]
  if (part === codes) return []
  const [written, real] = [codesIn(part), codesIn(codes)]
  const missing = real.filter(code => !written.includes(code))
  const gone = written.filter(code => !real.includes(code))
  const difference = [...missing.map(code => `lacks ${code}`), ...gone.map(code => `still has ${code}`)].join(
    ', ',
  )
  return [outdated(`${PAGE} ${difference || 'says something else than the code'}`)]
}

/** @param {string} text */
function codesIn(text) {
  return [...text.matchAll(/`(HOLDFAST_\w+)`/g)].map(([, code = '']) => code)
}

/** @param {string} message @returns {Violation} */
function outdated(message) {
  return { file: PAGE, line: 1, rule: 'error-reference', message, remedy: REMEDY }
}
