import Type from 'typebox'
import type { App } from '../app.js'
import { problems } from '../schemas/problem.js'

/** A number of connections, callers or queries. */
const Count = Type.Integer({ minimum: 0 })

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
  },
  { $id: 'Stats', description: 'The database pool at this moment; more fields may come.' },
)

/** What the service tells of its pool. */
export interface StatsSource {
  stats(): object
}

/**
 * The numbers of the database pool, for the service role.
 *
 * `GET /stats`
 */
export function statsRoutes(app: App, pool: StatsSource): void {
  const schema = {
    tags: ['Operation'],
    summary: 'Read the numbers of the database pool',
    response: { 200: Stats, ...problems() },
  }
  app.get(
    '/stats',
    { schema, config: { access: 'service' } },
    async () => pool.stats() as Type.Static<typeof Stats>,
  )
}
