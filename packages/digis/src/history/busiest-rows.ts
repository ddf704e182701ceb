import type { QueryStatisticsRow } from './query-statistics-row.js'
import { mergedDifference, OTHER, type StatementDifference } from './statement-difference.js'

/** Which rows are made. */
export interface BusiestRowsOptions {
  readonly bucketStart: Date
  /** How many statements have a row of their own. */
  readonly most: number
}

/** A row for each of the statements that took the most time in all, and one, `other`, for all the rest together. */
export function busiestRows(
  differences: readonly StatementDifference[],
  { bucketStart, most }: BusiestRowsOptions,
): QueryStatisticsRow[] {
  const named = differences.filter(({ fingerprint }) => fingerprint !== OTHER)
  const ordered = named.sort((a, b) => b.totalMillis - a.totalMillis || b.calls - a.calls)
  const forgotten = differences.filter(({ fingerprint }) => fingerprint === OTHER)
  const rest = mergedDifference(OTHER, [...ordered.slice(most), ...forgotten])
  const told = ordered.slice(0, most)
  return (rest.calls > 0 ? [...told, rest] : told).map(each => toRow(each, bucketStart))
}

function toRow(difference: StatementDifference, bucketStart: Date): QueryStatisticsRow {
  const { fingerprint, calls, errors, totalMillis: summedTime } = difference
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map(part => percentile(difference, part)) as [
    number,
    number,
    number,
  ]
  return { bucketStart, fingerprint, calls, errors, summedTime, p50, p95, p99 }
}

/** By the nearest rank: what this part of all calls did not exceed, in milliseconds. */
function percentile({ calls, max, latencies }: StatementDifference, part: number): number {
  let seen = 0
  for (const [millis, count] of [...latencies].sort(([a], [b]) => a - b)) {
    seen += count
    if (seen >= calls * part) return Math.min(millis, max)
  }
  return max
}
