import type { Severity } from './check.js'
import { groupFindings } from './finding-groups.js'
import type { DoctorReport, Finding } from './report.js'

/** How a report is written for a terminal. */
export interface TextOptions {
  /** Colours, as escape sequences. Default: false. */
  readonly colour?: boolean
  /** Whether the checks that were skipped are listed with their reasons. Default: true. */
  readonly skipped?: boolean
}

const COLOURS: Readonly<Record<Severity, string>> = { error: '31', warning: '33', info: '36' }
const PLURALS: Readonly<Record<Severity, readonly [string, string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  info: ['note', 'notes'],
}

/** The report for people: findings by check, the worst first, each with its evidence and the SQL that mends it. */
export function reportAsText(
  report: DoctorReport,
  { colour = false, skipped = true }: TextOptions = {},
): string {
  const paint = (text: string, code: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const blocks = groupFindings(report.findings).map(group => block(group, report, paint))
  const head = `Database ${clean(report.database)}, PostgreSQL ${clean(report.version)}, ${report.time}`
  return [head, '', ...blocks, ...tail(report, skipped), ''].join('\n')
}

type Paint = (text: string, code: string) => string

function block(group: readonly Finding[], { omitted }: DoctorReport, paint: Paint): string {
  const [first] = group
  if (first === undefined) return ''
  const { severity, id, name, title } = first
  const lines = group.flatMap(({ object, evidence, fix }) => [
    `  ${paint(clean(object), '1')}: ${clean(evidence)}`,
    ...fix.split('\n').map(line => `      ${paint(clean(line), '2')}`),
  ])
  const more = omitted[id] === undefined ? [] : [`  ... and ${omitted[id]} more`]
  return [`${paint(severity, COLOURS[severity])} ${id} ${name}: ${title}`, ...lines, ...more, ''].join('\n')
}

function tail(report: DoctorReport, withSkipped: boolean): string[] {
  const { counts, known, mended, skipped, passed } = report
  const numbers = (Object.keys(PLURALS) as Severity[]).map(
    each => `${counts[each]} ${PLURALS[each][counts[each] === 1 ? 0 : 1]}`,
  )
  return [
    ...(withSkipped ? skipped.map(({ id, name, reason }) => `skipped ${id} ${name}: ${clean(reason)}`) : []),
    ...(withSkipped && skipped.length > 0 ? [''] : []),
    ...(known.length > 0 ? [`${known.length} known from the baseline`] : []),
    ...mended.map(key => `mended, and still in the baseline: ${clean(key)}`),
    `${numbers.join(', ')}; ${passed.length} checks found nothing, ${skipped.length} were skipped`,
  ]
}

/** Names come from the database, and a terminal obeys what it is sent. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}
