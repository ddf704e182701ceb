import type { PoolNumbers } from '../base/errors.js'
import type { QueryMetrics } from './query-stats.js'

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
}

/** The parts a snapshot is made of. */
export interface PoolStatsParts {
  readonly numbers: PoolNumbers
  readonly breaker: PoolStats['breaker']
  readonly overloaded: boolean
  readonly isHealthy: boolean
  readonly cacheEnabled: boolean
  readonly queryMetrics: QueryMetrics
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
