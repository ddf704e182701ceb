/** The first line of a plan in text format. */
const FIRST_NODE = /\((?:cost|actual (?:time|rows))=/
/** What lines below a node say besides expressions: measurements, whose numbers are no values. */
const MEASUREMENT =
  /^\s*(?:Rows Removed|Heap (?:Fetches|Blocks)|Buffers|I\/O Timings|Sort Method|Sort Space|Memory|Planning|Execution|Workers|Worker \d|Buckets|Batches|Hits|Loops|WAL|JIT|Timing|Cache|Peak Memory|Disk|Index Searches|Subplans Removed|Storage|Window|Full-sort Groups|Pre-sorted Groups)\b/
const STRINGS = /'(?:[^']|'')*(?:'|$)/g
const NUMBERS = /(?<![\w$.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g

/**
 * The plan in a notice of `auto_explain`, without query text, parameters and literals; `undefined` for other notices and
 * formats.
 */
export function planInNotice(notice: string | undefined): string | undefined {
  if (notice === undefined) return undefined
  const lines = notice.split('\n')
  const start = lines.findIndex(line => FIRST_NODE.test(line))
  return start === -1 ? undefined : maskPlan(lines.slice(start).join('\n'))
}

/** A plan in text format, literals in its expressions replaced by `?`. */
export function maskPlan(plan: string): string {
  return plan.split('\n').map(maskLine).join('\n')
}

function maskLine(line: string): string {
  if (FIRST_NODE.test(line) || MEASUREMENT.test(line)) return line
  return line.replace(STRINGS, '?').replace(NUMBERS, '?')
}
