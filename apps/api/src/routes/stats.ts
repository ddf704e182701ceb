import Type, { type Static } from 'typebox'
import type { App } from '../app.js'
import { type CacheSource, cacheState } from '../cache-state.js'
import { problems } from '../schemas/problem.js'

/** A number of connections, callers or queries. */
const Count = Type.Integer({ minimum: 0 })

/** The cache of reads: how it is, and counters since the start. */
const Cache = Type.Object({
  status: Type.Enum(['ok', 'degraded', 'off']),
  tier: Type.Union([Type.Enum(['process', 'redis']), Type.Null()]),
  hits: Type.Object({ memory: Count, redis: Count }),
  misses: Count,
  /** Reads that shared the load of another one. */
  shared: Count,
  bypasses: Type.Record(Type.String(), Count, { description: 'Reads that were not cached, by reason.' }),
  invalidations: Count,
  unmarked: Count,
  evictions: Count,
  entries: Count,
  bytes: Count,
  hitPercent: Type.Number({ minimum: 0, maximum: 100 }),
})

/** What applications that read the old platform's statistics rely on. */
const Stats = Type.Object(
  {
    totalCount: Count,
    idleCount: Count,
    waitingCount: Count,
    max: Count,
    utilizationPercent: Type.Number({ minimum: 0 }),
    isHealthy: Type.Boolean(),
    cacheEnabled: Type.Boolean(),
    queryMetrics: Type.Object({ totalQueries: Count, avgDuration: Type.Number(), slowQueries: Count }),
    cache: Cache,
  },
  { $id: 'Stats', description: 'The database pool and the cache at this moment; more fields may come.' },
)

/** What the service tells of its pool. */
export interface StatsSource extends CacheSource {
  readonly cache: { stats(): Omit<Static<typeof Cache>, 'status' | 'tier'> & { readonly redis?: object } }
}

/**
 * The numbers of the database pool and its cache, for the service role.
 *
 * `GET /stats`
 */
export function statsRoutes(app: App, pool: StatsSource): void {
  const schema = {
    tags: ['Operation'],
    summary: 'Read the numbers of the database pool and the cache',
    response: { 200: Stats, ...problems() },
  }
  app.get(
    '/stats',
    { schema, config: { access: 'service' } },
    async () =>
      ({ ...pool.stats(), cache: { ...cacheState(pool), ...pool.cache.stats() } }) as Static<typeof Stats>,
  )
}
