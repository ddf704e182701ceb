import type { PoolStats } from '../pool-stats.js'
import type { MetricPoint } from './metric-family.js'
import type { MetricName } from './metric-table.js'

/** A replica, as far as metrics go. */
export interface ReplicaSnapshot {
  readonly host: string
  readonly port: number
  /** Absent for what is no replica. */
  readonly lagMillis?: number | undefined
}

/** The cache, as far as metrics go; see `CacheStats`. */
export interface CacheSnapshot {
  readonly hits: { readonly memory: number; readonly redis: number }
  readonly stale: number
  readonly misses: number
  readonly shared: number
  readonly shadowReads: { readonly compared: number; readonly incoherent: number }
  readonly earlyRefreshes: number
  readonly bypasses: Readonly<Partial<Record<string, number>>>
  readonly invalidations: number
  readonly unmarked: number
  readonly evictions: number
  readonly entries: number
  readonly bytes: number
  readonly enabled: boolean
}

/** What a pool tells of itself when it is asked for metrics. */
export interface MetricsSnapshot {
  readonly stats: PoolStats
  /** Absent without the option `cache`. */
  readonly cache: CacheSnapshot | undefined
  readonly nodes: readonly ReplicaSnapshot[]
}

type Values = [MetricName, MetricPoint[]]

const BREAKER_STATES = ['closed', 'half-open', 'open'] as const

/** The metrics that are numbers at this moment. */
export function snapshotValues({ stats, cache, nodes }: MetricsSnapshot, minIdle: number): Values[] {
  return [...connectionValues(stats, minIdle), ...loadValues(stats), lagValues(nodes), ...cacheValues(cache)]
}

function connectionValues(stats: PoolStats, minIdle: number): Values[] {
  return [
    ['db.client.connection.count', [point(stats.idleCount, 'idle'), point(stats.activeCount, 'used')]],
    ['db.client.connection.limit', [point(stats.max)]],
    ['db.client.connection.idle.min', [point(minIdle)]],
    ['db.client.connection.pending_requests', [point(stats.waitingCount)]],
  ]
}

function loadValues({ retries, shed, breaker }: PoolStats): Values[] {
  return [
    ['holdfast.retries', [point(retries.made)]],
    ['holdfast.shed', Object.entries(shed).map(([reason, count]) => point(count, reason))],
    ['holdfast.breaker.state', BREAKER_STATES.map(state => point(state === breaker ? 1 : 0, state))],
  ]
}

function lagValues(nodes: readonly ReplicaSnapshot[]): Values {
  const replicas = nodes.filter(({ lagMillis }) => lagMillis !== undefined)
  return [
    'holdfast.replica.lag',
    replicas.map(({ host, port, lagMillis = 0 }) => point(lagMillis / 1_000, host, String(port))),
  ]
}

function cacheValues(cache: CacheSnapshot | undefined): Values[] {
  if (cache === undefined) return []
  const { hits, shadowReads } = cache
  const reasons = Object.entries(cache.bypasses).map(([reason, count = 0]) => point(count, reason))
  return [
    ['holdfast.cache.enabled', [point(cache.enabled ? 1 : 0)]],
    ['holdfast.cache.hits', [point(hits.memory, 'memory'), point(hits.redis, 'redis')]],
    ['holdfast.cache.shared', [point(cache.shared)]],
    ['holdfast.cache.misses', [point(cache.misses)]],
    ['holdfast.cache.stale', [point(cache.stale)]],
    ['holdfast.cache.bypasses', reasons],
    ['holdfast.cache.loads', [point(cache.misses + cache.earlyRefreshes)]],
    ['holdfast.cache.invalidations', [point(cache.invalidations)]],
    ['holdfast.cache.unmarked', [point(cache.unmarked)]],
    ['holdfast.cache.evictions', [point(cache.evictions)]],
    ['holdfast.cache.entries', [point(cache.entries)]],
    ['holdfast.cache.bytes', [point(cache.bytes)]],
    ['holdfast.coherence.checks', [point(shadowReads.compared)]],
    ['holdfast.coherence.violations', [point(shadowReads.incoherent)]],
  ]
}

function point(value: number, ...labels: string[]): MetricPoint {
  return { labels, value }
}
