import type { StatementSnapshot } from 'holdfast'

/** What of a snapshot a difference is made of. */
export type CountedStatement = Pick<
  StatementSnapshot,
  'id' | 'fingerprint' | 'calls' | 'errors' | 'totalMillis' | 'max' | 'latencies'
>

/** What was counted of the statements of one fingerprint. */
export interface StatementDifference {
  readonly fingerprint: string
  readonly calls: number
  readonly errors: number
  readonly totalMillis: number
  /** No call took longer, in milliseconds. */
  readonly max: number
  /** How many calls took about how many milliseconds. */
  readonly latencies: ReadonlyMap<number, number>
}

/** The fingerprint under which Holdfast tells what it has forgotten. */
export const OTHER = 'other'

/**
 * What was counted between two snapshots of one pool; pure. All that was counted is in it once: what a statement had before it
 * was forgotten is taken off `other`, where it is counted from then on.
 *
 * @param before none: everything is new
 */
export function statementDifferences(
  before: readonly CountedStatement[],
  after: readonly CountedStatement[],
): StatementDifference[] {
  const sums = new Map<string, Sum>()
  for (const statement of after) add(sumOf(sums, statement.fingerprint), statement, 1)
  const still = new Set(after.map(({ id }) => id))
  for (const statement of before) {
    add(sumOf(sums, still.has(statement.id) ? statement.fingerprint : OTHER), statement, -1)
  }
  return [...sums.values()].filter(({ calls }) => calls > 0).map(cleaned)
}

/** Puts differences together under one fingerprint. */
export function mergedDifference(
  fingerprint: string,
  differences: readonly StatementDifference[],
): StatementDifference {
  const sum = emptySum(fingerprint)
  for (const difference of differences) {
    const latencies = Array.from(difference.latencies, ([millis, calls]) => ({ millis, calls }))
    add(sum, { ...difference, latencies }, 1)
  }
  return sum
}

type Sum = { -readonly [K in keyof StatementDifference]: StatementDifference[K] } & {
  latencies: Map<number, number>
}

function emptySum(fingerprint: string): Sum {
  return { fingerprint, calls: 0, errors: 0, totalMillis: 0, max: 0, latencies: new Map() }
}

function sumOf(sums: Map<string, Sum>, fingerprint: string): Sum {
  const sum = sums.get(fingerprint) ?? emptySum(fingerprint)
  sums.set(fingerprint, sum)
  return sum
}

function add(sum: Sum, counted: Omit<CountedStatement, 'id'>, sign: 1 | -1): void {
  sum.calls += sign * counted.calls
  sum.errors += sign * counted.errors
  sum.totalMillis += sign * counted.totalMillis
  sum.max = Math.max(sum.max, counted.max)
  for (const { millis, calls } of counted.latencies) {
    sum.latencies.set(millis, (sum.latencies.get(millis) ?? 0) + sign * calls)
  }
}

/** Times are sums of fractions: their difference may be less than nothing by a rounding. */
function cleaned(sum: Sum): StatementDifference {
  const latencies = new Map([...sum.latencies].filter(([, calls]) => calls > 0))
  return { ...sum, totalMillis: Math.max(0, sum.totalMillis), latencies }
}
