import { databaseOn, type QueryRunner } from '../database/database.js'
import { checkWhole } from '../input/amounts.js'
import type { CreatorDay } from './creator-day.js'
import {
  prepareMonths,
  type ReconcileState,
  reconcileDays,
  recordReconciled,
  selectReconcileState,
} from './reconcile-queries.js'

/** By how much a creator's day was wrong, and was changed: negative where too much had been counted. */
export interface MendedDay extends CreatorDay {
  readonly creator_id: number
}

/** What {@link reconcileCreatorDays} did. */
export interface Reconciled {
  /** How many days were wrong, or were filled in for the first time. */
  readonly mended: number
  /** The first 100 of them, by month, creator and day. */
  readonly differences: readonly MendedDay[]
}

const MOST_SHOWN = 100
const TIMEOUT = '1h'

/**
 * Compares the daily statistics of creators with what payments and sessions say, and adds what differs. Nobody has to
 * stop writing meanwhile. The first time it fills in all that was there before the statistics; after that the latest days
 * are enough, because only rows that were written past the triggers can be wrong.
 *
 * @param pool a pool, or an identity's; with row-level security `pool.as(APP_SERVICE)`
 * @param options.days how many days are compared, 1 to 36,500. Default: 40
 * @throws DigisInputError for an impossible number of days
 */
export async function reconcileCreatorDays(
  pool: QueryRunner,
  options: { readonly days?: number } = {},
): Promise<Reconciled> {
  const days = checkWhole('days', options.days ?? 40, { least: 1, most: 36_500 })
  const database = databaseOn(pool, { timeout: TIMEOUT })
  const { rows: states } = await database.run<ReconcileState>(selectReconcileState(days))
  const { complete = false, starts = [] } = states[0] ?? {}
  if (!complete) await database.run(prepareMonths())
  const differences: MendedDay[] = []
  let mended = 0
  for (const [index, start] of starts.entries()) {
    // A month at a time, so that no snapshot is held for long; whatever lies in the future goes with the last.
    const { rows } = await database.run<MendedDay>(reconcileDays(start, starts[index + 1] ?? 'infinity'))
    mended += rows.length
    differences.push(...rows.slice(0, MOST_SHOWN - differences.length))
  }
  await database.run(recordReconciled())
  return { mended, differences }
}
