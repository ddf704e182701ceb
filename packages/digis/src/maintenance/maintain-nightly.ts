import { databaseOn, type QueryRunner } from '../database/database.js'
import { maintainPartitions } from '../partitions/ensure-partitions.js'
import type { PartitionChange } from '../partitions/partition-policy.js'
import { type Reconciled, reconcileCreatorDays } from '../stats/reconcile-creator-days.js'
import { selectIsDue } from '../stats/reconcile-queries.js'

/** What was done in a night. */
export interface Maintained extends Reconciled {
  readonly partitions: readonly PartitionChange[]
}

/** Less than a day, so that a call at the same time each night is not too early by a second. */
const EVERY_HOURS = 20

/**
 * Creates and retires partitions and reconciles the daily statistics, unless that was done within 20 hours, by whatever
 * process. Safe to call at any time, as often as one likes.
 *
 * @param pool a pool, or an identity's; with row-level security `pool.as(APP_SERVICE)`
 * @returns `undefined` when there was nothing to do yet
 */
export async function maintainNightly(pool: QueryRunner): Promise<Maintained | undefined> {
  const { rows } = await databaseOn(pool).run<{ is_due: boolean }>(selectIsDue(EVERY_HOURS))
  if (rows[0]?.is_due !== true) return undefined
  const partitions = await maintainPartitions(pool)
  return { partitions, ...(await reconcileCreatorDays(pool)) }
}
