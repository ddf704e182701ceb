import type { PoolStats } from 'holdfast'

const EVERY_MILLIS = 60_000

/** What is reported on: Holdfast's pool. */
export interface Reported {
  readonly ending: boolean
  stats(): ReportedStats
}

/** What the report says. */
export type ReportedStats = Pick<
  PoolStats,
  'totalCount' | 'idleCount' | 'waitingCount' | 'max' | 'utilizationPercent' | 'queryMetrics'
>

/** One line that says how a pool is. */
export function reportLine(stats: ReportedStats): string {
  const { totalCount, idleCount, waitingCount, max, utilizationPercent, queryMetrics } = stats
  const { totalQueries, avgDuration, slowQueries } = queryMetrics
  return (
    `digis pool: ${totalCount} of ${max} connections (${idleCount} idle), ${utilizationPercent} % used, ` +
    `${waitingCount} waiting; ${totalQueries} queries, ${avgDuration.toFixed(1)} ms on average, ${slowQueries} slow`
  )
}

/** Writes a {@link reportLine} every minute until the pool ends; does not keep the process alive. */
export function reportEveryMinute(pool: Reported, write: (line: string) => void): void {
  const timer = setInterval(() => {
    if (pool.ending) clearInterval(timer)
    else write(reportLine(pool.stats()))
  }, EVERY_MILLIS)
  timer.unref()
}
