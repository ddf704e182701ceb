import type { Pool } from 'holdfast'
import { databaseOn, type QueryRunner } from '../database/database.js'
import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'
import { checkPolicy, type PartitionChange, type PartitionPolicy } from './partition-policy.js'
import {
  ensureByPolicy,
  keepPolicy,
  maintainAll,
  scheduleMaintenance,
  selectHasCron,
} from './partition-queries.js'

/** Enough for many partitions in a row that somebody holds a lock on. */
const TIMEOUT = '10m'

/** Each night, at a minute at which not everybody does something. */
const NIGHTLY = '17 3 * * *'

/**
 * Sets how the monthly partitions of a table are kept, creates those that are missing and retires those that are too
 * old. Again and again, and from many processes at once: what is done is done once.
 *
 * Readers and writers of the table never wait for a new partition, except for its default partition: for 300 ms at most,
 * a few times. For an old one to go they wait as long for the table.
 *
 * @returns what was changed, and what has to wait for the next call
 * @throws DigisInputError for an impossible policy or a table that is not there; 42809 (wrong object type) for one that is
 * not partitioned by ranges of a time
 */
export async function ensurePartitions(
  pool: Pool,
  policy: PartitionPolicy,
): Promise<readonly PartitionChange[]> {
  const checked = checkPolicy(policy)
  return pool.transaction(
    async tx => {
      const database = databaseOn(tx)
      if ((await database.run(keepPolicy(checked))).rows.length === 0) throw noTable(checked.table)
      return (await database.run<PartitionChange>(ensureByPolicy(checked))).rows
    },
    { timeout: TIMEOUT },
  )
}

/** The same for every table that has a policy, by that policy. */
export async function maintainPartitions(pool: QueryRunner): Promise<readonly PartitionChange[]> {
  return (await databaseOn(pool, { timeout: TIMEOUT }).run<PartitionChange>(maintainAll())).rows
}

/**
 * Lets pg_cron, where it is installed in this database, do {@link maintainPartitions} every night.
 *
 * @returns `false` where it is not installed: then somebody has to call it, as the DIGIS service does
 */
export async function schedulePartitions(pool: Pool): Promise<boolean> {
  const database = databaseOn(pool)
  const { rows } = await database.run<{ has_cron: boolean }>(selectHasCron())
  if (rows[0]?.has_cron !== true) return false
  await database.run(scheduleMaintenance(NIGHTLY))
  return true
}

/** What a table is not that cannot be found. */
export function noTable(given: string): DigisInputError {
  return new DigisInputError({
    field: 'table',
    expected: 'the name of a table that is there',
    given: describeGiven(given),
  })
}
