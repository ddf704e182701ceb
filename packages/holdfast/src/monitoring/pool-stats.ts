import type { OverloadReason, PoolNumbers } from '../base/errors.js'
import type { QueryMetrics } from './query-stats.js'
import type { QueryCounts } from './statement-counters.js'

/** What the cache of a pool has done; all 0 without one. More of it: `pool.cache.stats()`. */
export interface CacheNumbers {
  readonly hits: { readonly memory: number; readonly redis: number }
  readonly stale: number
  readonly misses: number
  /** Reads that shared the load of another caller. */
  readonly shared: number
  readonly bypasses: Readonly<Partial<Record<string, number>>>
  readonly invalidations: number
  readonly evictions: number
  readonly entries: number
  readonly bytes: number
  readonly hitPercent: number
}

/** A snapshot of the pool: counts of connections and callers, and what its queries took. */
export interface PoolStats {
  readonly name: string
  /** Connections open or being opened. */
  readonly totalCount: number
  readonly idleCount: number
  /** Connections lent out. */
  readonly activeCount: number
  readonly connectingCount: number
  /** Callers waiting for a connection. */
  readonly waitingCount: number
  readonly max: number
  /** Active connections in percent of `max`, rounded. */
  readonly utilizationPercent: number
  /** Whether the last attempt to connect worked and the pool is not ending. */
  readonly isHealthy: boolean
  /** Of the server: `closed` while it can be reached, `half-open` while one connection looks whether it is back. */
  readonly breaker: 'closed' | 'open' | 'half-open'
  /** Whether calls are turned away because more come in than can be served. */
  readonly overloaded: boolean
  /** Whether results are kept at this moment. */
  readonly cacheEnabled: boolean
  readonly queryMetrics: QueryMetrics
  /** Of all queries, those of transactions and borrowed clients and hits of the cache included; zeros with `statistics: false`. */
  readonly queries: QueryCounts
  /** Attempts after the first, and those that the budget did not allow. */
  readonly retries: { readonly made: number; readonly refused: number }
  /** Callers that were turned away, by reason. */
  readonly shed: Readonly<Record<OverloadReason, number>>
  readonly cache: CacheNumbers
}

/** The parts a snapshot is made of. */
export interface PoolStatsParts
  extends Pick<
    PoolStats,
    | 'breaker'
    | 'overloaded'
    | 'isHealthy'
    | 'cacheEnabled'
    | 'queryMetrics'
    | 'queries'
    | 'retries'
    | 'shed'
    | 'cache'
  > {
  readonly numbers: PoolNumbers
}

/** Puts a snapshot together. */
export function poolStats({ numbers, ...parts }: PoolStatsParts): PoolStats {
  return {
    name: numbers.name,
    totalCount: numbers.total,
    idleCount: numbers.idle,
    activeCount: numbers.active,
    connectingCount: numbers.connecting,
    waitingCount: numbers.waiting,
    max: numbers.max,
    utilizationPercent: Math.round((numbers.active / numbers.max) * 100),
    ...parts,
  }
}
