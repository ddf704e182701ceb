import type { CacheStats, PoolStats } from 'holdfast'
import type { ReportedNode } from './process-report.js'

/** A statement as the pool tells it. */
export interface PoolStatement {
  readonly fingerprint: string
  readonly text: string
  readonly calls: number
  readonly errors: number
  readonly rows: number
  readonly cacheHits: number
  readonly totalMillis: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What the live page asks of the service's pool; nothing of it asks the database. */
export interface MonitoredPool {
  stats(): PoolStats
  statements(options: { limit: number; by: 'totalMillis' | 'max' }): readonly PoolStatement[]
  nodes(): readonly ReportedNode[]
  readonly cache: { stats(): CacheStats }
}
