import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { assess } from './assess.js'
import type { MonitoredPool } from './monitored-pool.js'
import type { ProcessReport, ReportedStatement, SecondCounts } from './process-report.js'
import type { MeteredRequests } from './request-meter.js'

/** What a process reports on. */
export interface ReporterParts {
  readonly pool: MonitoredPool
  /** What was answered since the report before. */
  readonly requests: () => MeteredRequests
  /** Whether the database answered when it was asked last. */
  readonly databaseAnswers: () => boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** How many statements are reported by each order. */
const TOP = 6
/** Characters of a statement that are reported. */
const TEXT = 400
/** Reading the statements costs more than all the rest. */
const STATEMENTS_EVERY = 2

/** The numbers of which a report tells the difference. */
type Totals = Omit<SecondCounts, keyof MeteredRequests>

/** Makes the reports of this process, one for each call. */
export function createReporter({ pool, requests, databaseAnswers, now }: ReporterParts): () => ProcessReport {
  const identity = { version: 1, id: randomUUID(), host: hostname(), pid: process.pid } as const
  const startedAt = Math.round(now() - process.uptime() * 1000)
  let before: Totals = totals(pool)
  let statements: readonly ReportedStatement[] = []
  let turn = 0
  const refresh = async () => {
    // Without PostgreSQL's parser there are no statements; all else is told all the same.
    statements = await topStatements(pool).catch(() => [])
  }
  return () => {
    const after = totals(pool)
    const second: SecondCounts = { ...requests(), ...difference(after, before) }
    before = after
    if (turn++ % STATEMENTS_EVERY === 0) void refresh()
    const judged = { ...poolState(pool, databaseAnswers()), second }
    const errors = pool.stats().queries.errorsByCategory
    return { ...identity, startedAt, at: now(), ...judged, ...assess(judged), errors, statements }
  }
}

/** All counters of which a report tells the difference, as they stand. */
function totals(pool: MonitoredPool): Totals {
  const { queries, retries, shed } = pool.stats()
  const { hits, stale, shared, misses, bypasses } = pool.cache.stats()
  return {
    queries: queries.calls,
    queryErrors: queries.errors,
    saved: hits.memory + hits.redis + stale + shared,
    unsaved: sum(Object.values(bypasses)) + misses,
    retries: retries.made,
    sheds: sum(Object.values(shed)),
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

function difference(after: Totals, before: Totals): Totals {
  const names = Object.keys(after) as (keyof Totals)[]
  return Object.fromEntries(names.map(name => [name, after[name] - before[name]])) as unknown as Totals
}

/** What holds at this moment, as against what has happened. */
function poolState(pool: MonitoredPool, answers: boolean) {
  const stats = pool.stats()
  return {
    database: { answers: answers && stats.isHealthy, breaker: stats.breaker, overloaded: stats.overloaded },
    pool: {
      active: stats.activeCount,
      idle: stats.idleCount,
      connecting: stats.connectingCount,
      waiting: stats.waitingCount,
      max: stats.max,
    },
    cache: cacheNumbers(pool),
    nodes: pool.nodes(),
  }
}

/** What the cache has done since the start of the process. */
function cacheNumbers(pool: MonitoredPool): ProcessReport['cache'] {
  const { hits, redis, enabled, stale, misses, shared, bypasses, ...rest } = pool.cache.stats()
  const { entries, bytes, evictions, invalidations } = rest
  const isUsed = misses + Object.keys(bypasses).length > 0
  return {
    enabled,
    redis: redis === undefined ? 'none' : redis.available ? 'ok' : isUsed ? 'away' : 'unused',
    memory: hits.memory,
    redisHits: hits.redis,
    shared,
    stale,
    misses,
    bypasses,
    entries,
    bytes,
    evictions,
    invalidations,
  }
}

/** Those that take the most time in all, and those that were the slowest once. */
async function topStatements(pool: MonitoredPool): Promise<readonly ReportedStatement[]> {
  const both = await Promise.all([
    pool.statements({ limit: TOP, by: 'totalMillis' }),
    pool.statements({ limit: TOP, by: 'max' }),
  ])
  const byId = new Map(both.flat().map(statement => [statement.fingerprint, statement]))
  return [...byId.values()].map(({ fingerprint, text, calls, errors, rows, cacheHits, ...millis }) => ({
    id: fingerprint,
    text: text.slice(0, TEXT),
    calls,
    errors,
    rows,
    cacheHits,
    totalMillis: rounded(millis.totalMillis),
    p50: rounded(millis.p50),
    p95: rounded(millis.p95),
    p99: rounded(millis.p99),
    max: rounded(millis.max),
  }))
}

function rounded(millis: number): number {
  return Math.round(millis * 100) / 100
}
