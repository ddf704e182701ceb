/** How a metric behaves: as OpenTelemetry's instruments of these names do. */
export type MetricKind = 'counter' | 'gauge' | 'up-down-counter' | 'histogram'

/**
 * Whose word a metric's name is: OpenTelemetry's stable one, one that OpenTelemetry still develops and may change, or
 * our own.
 */
export type MetricOrigin = 'stable' | 'development' | 'holdfast'

/** A metric: everything that is said of it anywhere. */
export interface Metric {
  readonly kind: MetricKind
  /** In UCUM, as OpenTelemetry has it: `s`, `By`, or what is counted in braces. */
  readonly unit: string
  /** Names of its labels besides the pool's name; the values of each are few and known. */
  readonly labels: readonly string[]
  readonly origin: MetricOrigin
  /** One sentence for the reference page and the `HELP` line. */
  readonly help: string
}

/** The label that every metric has. */
export const POOL_LABEL = 'db.client.connection.pool.name'

/** Upper bounds of the buckets of every histogram, in seconds; OpenTelemetry recommends them for operations. */
export const BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

const POOL = { labels: [], origin: 'development' } as const
const CACHE_COUNT = { kind: 'counter', labels: [], origin: 'holdfast' } as const

/** Every metric there is. Prometheus' text, OpenTelemetry's instruments and the reference page are made of this table. */
export const METRICS = {
  'db.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    labels: ['error.type', 'holdfast.cache.status'],
    origin: 'stable',
    help: 'Duration of logical queries, from call to result: waiting, retries and hits of the cache included.',
  },
  'db.client.connection.count': {
    ...POOL,
    kind: 'up-down-counter',
    unit: '{connection}',
    labels: ['db.client.connection.state'],
    help: 'Connections by state: idle or used; one that is being opened is neither.',
  },
  'db.client.connection.limit': {
    ...POOL,
    kind: 'up-down-counter',
    unit: '{connection}',
    help: 'The most connections that the pool opens.',
  },
  'db.client.connection.idle.min': {
    ...POOL,
    kind: 'up-down-counter',
    unit: '{connection}',
    help: 'Idle connections that are kept open.',
  },
  'db.client.connection.pending_requests': {
    ...POOL,
    kind: 'up-down-counter',
    unit: '{request}',
    help: 'Callers that wait for a connection.',
  },
  'db.client.connection.timeouts': {
    ...POOL,
    kind: 'counter',
    unit: '{timeout}',
    help: 'Callers that waited for a connection in vain until their time was over.',
  },
  'db.client.connection.create_time': {
    ...POOL,
    kind: 'histogram',
    unit: 's',
    help: 'Time to open a connection, TLS and password included; attempts that failed are not in it.',
  },
  'db.client.connection.wait_time': {
    ...POOL,
    kind: 'histogram',
    unit: 's',
    help: 'Time from asking for a connection to getting one.',
  },
  'db.client.connection.use_time': {
    ...POOL,
    kind: 'histogram',
    unit: 's',
    help: 'Time from getting a connection to giving it back.',
  },
  'holdfast.retries': {
    kind: 'counter',
    unit: '{retry}',
    labels: [],
    origin: 'holdfast',
    help: 'Attempts after the first.',
  },
  'holdfast.shed': {
    kind: 'counter',
    unit: '{call}',
    labels: ['holdfast.shed.reason'],
    origin: 'holdfast',
    help: 'Calls turned away because more came in than could be served, by reason.',
  },
  'holdfast.breaker.state': {
    kind: 'gauge',
    unit: '{state}',
    labels: ['holdfast.state'],
    origin: 'holdfast',
    help: 'Whether the server can be reached: 1 for the present state (closed, half-open, open), 0 for the others.',
  },
  'holdfast.replica.lag': {
    kind: 'gauge',
    unit: 's',
    labels: ['server.address', 'server.port'],
    origin: 'holdfast',
    help: 'How far a replica is behind the primary; exact to about a second.',
  },
  'holdfast.cache.enabled': {
    kind: 'gauge',
    unit: '{state}',
    labels: [],
    origin: 'holdfast',
    help: 'Whether results are kept at this moment: 1 or 0. Only of pools with a cache.',
  },
  'holdfast.cache.hits': {
    ...CACHE_COUNT,
    unit: '{read}',
    labels: ['holdfast.cache.tier'],
    help: 'Reads answered from the cache, by tier: memory or redis.',
  },
  'holdfast.cache.shared': {
    ...CACHE_COUNT,
    unit: '{read}',
    help: 'Reads that shared the load of another caller.',
  },
  'holdfast.cache.misses': { ...CACHE_COUNT, unit: '{read}', help: 'Reads that had to be loaded.' },
  'holdfast.cache.stale': {
    ...CACHE_COUNT,
    unit: '{read}',
    help: 'Hits that were served although possibly outdated, where that is allowed.',
  },
  'holdfast.cache.bypasses': {
    ...CACHE_COUNT,
    unit: '{read}',
    labels: ['holdfast.cache.reason'],
    help: 'Reads that went to the database without the cache, by reason.',
  },
  'holdfast.cache.loads': {
    ...CACHE_COUNT,
    unit: '{load}',
    help: 'Results asked of the database for the cache: misses, and refreshes before a result expired.',
  },
  'holdfast.cache.invalidations': { ...CACHE_COUNT, unit: '{tag}', help: 'Tags marked by writes.' },
  'holdfast.cache.unmarked': {
    ...CACHE_COUNT,
    unit: '{write}',
    help: 'Writes whose invalidation did not reach Redis in time.',
  },
  'holdfast.cache.evictions': {
    ...CACHE_COUNT,
    unit: '{entry}',
    help: 'Results dropped from memory for space.',
  },
  'holdfast.cache.entries': {
    kind: 'up-down-counter',
    unit: '{entry}',
    labels: [],
    origin: 'holdfast',
    help: 'Results kept in memory.',
  },
  'holdfast.cache.bytes': {
    kind: 'up-down-counter',
    unit: 'By',
    labels: [],
    origin: 'holdfast',
    help: 'Memory that kept results take.',
  },
  'holdfast.coherence.checks': {
    ...CACHE_COUNT,
    unit: '{check}',
    help: 'Hits compared with the database; see the option `cache.shadowReads`.',
  },
  'holdfast.coherence.violations': {
    ...CACHE_COUNT,
    unit: '{violation}',
    help: 'Compared hits that differed without a reason. Each is a bug: please report it.',
  },
} as const satisfies Record<string, Metric>

/** The name of a metric, as OpenTelemetry has it. */
export type MetricName = keyof typeof METRICS
