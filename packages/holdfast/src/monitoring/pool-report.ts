import type { LogFields } from './log-lines.js'
import type { PoolStats } from './pool-stats.js'
import type { QueryCounts, StatementCounters } from './statement-counters.js'
import type { CountedStatement } from './statement-table.js'

/** What had been counted when the last line was written. */
export interface ReportBase {
  readonly at: number
  readonly counters: StatementCounters
  readonly stats: PoolStats
  /** Milliseconds of each statement. */
  readonly spent: ReadonlyMap<CountedStatement, number>
}

/** A statement that took much of the time. */
export interface TopStatement {
  readonly fingerprint: string
  readonly statement: string
  /** Since the last line. */
  readonly totalMillis: number
}

/** The statements that took the most time since the last line. */
export function topStatements(
  statements: Iterable<CountedStatement>,
  { spent }: Pick<ReportBase, 'spent'>,
  most: number,
): { statement: CountedStatement; totalMillis: number }[] {
  return [...statements]
    .map(statement => ({
      statement,
      totalMillis: statement.counters.totalMillis - (spent.get(statement) ?? 0),
    }))
    .filter(({ totalMillis }) => totalMillis > 0)
    .sort((a, b) => b.totalMillis - a.totalMillis)
    .slice(0, most)
}

/** The fields of the line `pool-report`: connections as they are, all else since the last line. */
export function reportFields(
  before: ReportBase,
  now: Omit<ReportBase, 'spent'>,
  top: readonly TopStatement[],
) {
  const { stats } = now
  const { totalCount, idleCount, activeCount, waitingCount, max, utilizationPercent, breaker } = stats
  return {
    code: 'pool-report',
    pool: stats.name,
    seconds: Math.round((now.at - before.at) / 1_000),
    connections: { totalCount, idleCount, activeCount, waitingCount, max, utilizationPercent, breaker },
    queries: rounded(now.counters.since(before.counters)),
    retries: stats.retries.made - before.stats.retries.made,
    shed: sum(stats.shed) - sum(before.stats.shed),
    cache: cacheFields(before.stats.cache, stats.cache),
    top: top.map(each => ({ ...each, totalMillis: Math.round(each.totalMillis) })),
  } as const satisfies LogFields<'pool-report'>
}

/** The line for people. */
export function reportMessage({
  pool,
  seconds,
  connections,
  queries,
}: ReturnType<typeof reportFields>): string {
  const { activeCount, max, waitingCount } = connections
  const { calls, errors, p95 } = queries
  return `Pool "${pool}": ${calls} queries in ${seconds} s, ${errors} errors, p95 ${p95} ms; ${activeCount} of ${max} connections in use, ${waitingCount} waiting.`
}

function cacheFields(before: PoolStats['cache'], now: PoolStats['cache']) {
  return {
    memoryHits: now.hits.memory - before.hits.memory,
    redisHits: now.hits.redis - before.hits.redis,
    stale: now.stale - before.stale,
    misses: now.misses - before.misses,
    shared: now.shared - before.shared,
    bypasses: sum(now.bypasses) - sum(before.bypasses),
    invalidations: now.invalidations - before.invalidations,
  }
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((total, count = 0) => total + count, 0)
}

function rounded(counts: QueryCounts): QueryCounts {
  const entries = Object.entries(counts).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  ])
  return Object.fromEntries(entries)
}
