/** A line that names a node: its numbers are estimates and measurements. */
const NODE = /\((?:cost=[\d.]+ rows=\d+ width=\d+|actual [^()]*|never executed)\)$/
const HEAD = /^duration: [\d.]+ ms {2}plan:\nQuery Text: /
/** Values are quoted, and may hold anything, line ends too. */
const PARAMETERS = /^Query Parameters: (?:[^'\n]|'(?:[^']|'')*')*\n/
/** What lines below a node say besides expressions: measurements, whose numbers are no values. */
const MEASUREMENT =
  /^\s*(?:Rows Removed|Heap (?:Fetches|Blocks)|Buffers|I\/O Timings|Sort Method|Sort Space|Memory|Planning|Execution|Workers|Worker \d|Buckets|Batches|Hits|Loops|WAL|JIT|Timing|Cache|Peak Memory|Disk|Index Searches|Subplans Removed|Storage|Window|Full-sort Groups|Pre-sorted Groups)\b/
const STRINGS = /'(?:[^']|'')*(?:'|$)/g
const NUMBERS = /(?<![\w$.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g

/**
 * The plan in a notice of `auto_explain` in text format, without query text, parameters and literals; `undefined` for any
 * other notice.
 *
 * @param text of the query, which is part of the notice
 */
export function planInNotice(notice: string | undefined, text: string): string | undefined {
  const head = notice === undefined ? undefined : HEAD.exec(notice)?.[0]
  if (notice === undefined || head === undefined) return undefined
  const rest = withoutText(notice.slice(head.length), text)?.replace(PARAMETERS, '')
  if (rest === undefined || !NODE.test(rest.split('\n', 1)[0] ?? '')) return undefined
  return maskPlan(rest)
}

/** What was sent may differ from what was asked for, but has its line ends. */
function withoutText(rest: string, text: string): string | undefined {
  if (rest.startsWith(`${text}\n`)) return rest.slice(text.length + 1)
  return text.includes('\n') ? undefined : rest.slice(rest.indexOf('\n') + 1)
}

/** A plan in text format, literals in its expressions replaced by `?`. */
export function maskPlan(plan: string): string {
  // All of it at once: a string may have line ends.
  return plan.replace(STRINGS, '?').split('\n').map(maskNumbers).join('\n')
}

function maskNumbers(line: string): string {
  return NODE.test(line) || MEASUREMENT.test(line) ? line : line.replace(NUMBERS, '?')
}
