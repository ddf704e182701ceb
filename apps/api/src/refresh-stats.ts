import { APP_SERVICE, digisRls, refreshCreatorStats } from '@holdfast/digis'
import type { FastifyBaseLogger } from 'fastify'
import { Pool } from 'holdfast'
import { describeError } from './log-problem.js'

const EVERY_MILLIS = 5 * 60_000

/** What {@link refreshStats} is told. */
export interface RefreshOptions {
  readonly databaseUrl: string
  readonly logger: FastifyBaseLogger
  /** Whether it is done as `app_service`. Default: false. */
  readonly rowLevelSecurity?: boolean
  /** Default: five minutes. */
  readonly everyMillis?: number
}

/**
 * Has the statistics of the creators brought up to date every five minutes, by one of however many processes there are.
 * On a connection of its own that is open only meanwhile: the service's pool has a cache, which would take the refresh
 * for a change of everything. A failure is logged, and the next time is another chance.
 *
 * @returns stops it; what is going on is cancelled
 */
export function refreshStats({
  databaseUrl,
  logger,
  rowLevelSecurity = false,
  everyMillis = EVERY_MILLIS,
}: RefreshOptions) {
  const pool = new Pool({
    connectionString: databaseUrl,
    name: 'statistics',
    max: 1,
    idleTimeoutMillis: 1_000,
    logger,
    rls: rowLevelSecurity && digisRls,
  })
  const runner = rowLevelSecurity ? pool.as(APP_SERVICE) : pool
  const timer = setInterval(() => {
    refreshCreatorStats(runner).catch(error => {
      if (!pool.ending)
        logger.warn({ error: describeError(error) }, 'Statistics of creators could not be refreshed')
    })
  }, everyMillis)
  // It must not keep a process that has nothing else to do.
  timer.unref()
  return async () => {
    clearInterval(timer)
    await pool.end({ timeout: 0 })
  }
}
