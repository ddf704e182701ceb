import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { marksOf, readPart, writePart } from './generated-part.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {{ id: string, name: string, title: string, severity: string, category: string, explain: string, since?: number, usage: boolean }} Check
 */

const PAGE = 'docs/reference/doctor-checks.md'
const BUILT = 'packages/holdfast/dist/doctor/explain.js'
const SOURCE = 'packages/holdfast/src/doctor/explain.ts'
const MARKS = marksOf('checks')
const REMEDY = 'run `npm run build && node scripts/check-docs.mjs --write`'

/** What the page says around the checks when it is written for the first time; from then on it is the author's. */
const FIRST_PAGE = `# Checks of the doctor

What each check finds, how bad that is, why it matters and when it may be left. How to run them is told in
[The doctor](../guides/doctor.md).

${MARKS.begin}
${MARKS.end}
`

/**
 * The reference of the doctor's checks says exactly what the checks say.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the page up to date first
 * @returns {Promise<Violation[]>} none while the project has no page, or no doctor, yet
 */
export async function checkDoctorReference(root, { write = false }) {
  if (!existsSync(join(root, SOURCE)) || (!write && !existsSync(join(root, PAGE)))) return []
  if (!existsSync(join(root, BUILT))) return [outdated(`${BUILT} is not built`)]
  const { DOCTOR_CHECKS } = await import(pathToFileURL(join(root, BUILT)).href)
  const part = referenceOf(DOCTOR_CHECKS)
  if (write) {
    mkdirSync(dirname(join(root, PAGE)), { recursive: true })
    writePart(join(root, PAGE), MARKS, { part, firstPage: FIRST_PAGE })
  }
  const written = readPart(readFileSync(join(root, PAGE), 'utf8'), MARKS)
  if (written === part) return []
  return [
    outdated(
      `${PAGE} ${written === undefined ? 'has no place for the checks' : 'says something else than the checks'}`,
    ),
  ]
}

/** @param {readonly Check[]} checks */
function referenceOf(checks) {
  const categories = [...new Set(checks.map(({ category }) => category))]
  return categories
    .map(category =>
      section(
        category,
        checks.filter(check => check.category === category),
      ),
    )
    .join('\n\n')
}

/** @param {string} category @param {readonly Check[]} checks */
function section(category, checks) {
  const heading = `## ${category.charAt(0).toUpperCase()}${category.slice(1)}`
  return [
    heading,
    '',
    '| check | severity | what it finds, and why it matters |',
    '|---|---|---|',
    ...checks.map(row),
  ].join('\n')
}

/** @param {Check} check */
function row({ id, name, title, severity, explain, since, usage }) {
  const conditions = [
    ...(since === undefined ? [] : [`PostgreSQL ${since} or newer.`]),
    ...(usage ? ['Needs statistics of a week.'] : []),
  ]
  const text = [`**${title}.**`, explain, ...conditions].join(' ')
  return `| <a id="${id.toLowerCase()}"></a>${id} \`${name}\` | ${severity} | ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`
}

/** @param {string} message @returns {Violation} */
function outdated(message) {
  return { file: PAGE, line: 1, rule: 'doctor-reference', message, remedy: REMEDY }
}
