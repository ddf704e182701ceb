import { databaseOn, type QueryRunner } from '../database/database.js'

/** How long a refresh may take: it reads all sessions and payments. */
const TIMEOUT = '10m'

/**
 * Brings the view `creator_stats` up to date, unless that was done less than `maxAge` ago or another process is at it.
 * Readers of the view go on meanwhile. To be called with a pool that has no cache: the cache cannot see into the
 * function, and would take it for a change of everything.
 *
 * @param pool a pool, or an identity's; with row-level security `pool.as(APP_SERVICE)`
 * @param maxAge an interval as PostgreSQL writes it. Default: 4 minutes
 * @returns whether it was done
 */
export async function refreshCreatorStats(pool: QueryRunner, maxAge = '4 minutes'): Promise<boolean> {
  const { rows } = await databaseOn(pool, { timeout: TIMEOUT }).run<{ done: boolean }>({
    text: 'SELECT refresh_creator_stats($1::interval) AS done',
    values: [maxAge],
    idempotent: true,
  })
  return rows[0]?.done === true
}
