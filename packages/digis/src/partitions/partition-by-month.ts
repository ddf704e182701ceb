import { type Pool, quoteIdentifier } from 'holdfast'
import { type Database, databaseOn, type Statement } from '../database/database.js'
import { DigisError } from '../digis-error.js'
import { checkText } from '../input/text.js'
import {
  type KeyToWiden,
  type Obstacle,
  replaceView,
  type Successor,
  type Swapped,
  selectCutoff,
  selectKeysToWiden,
  selectObstacles,
  selectSuccessors,
  selectTarget,
  swap,
  type Target,
  type TargetState,
} from './conversion-queries.js'
import { ensurePartitions, noTable } from './ensure-partitions.js'
import { checkPolicy, type PartitionChange, type PartitionPolicy } from './partition-policy.js'
import { untilUnlocked } from './until-unlocked.js'

/** What is to be partitioned, and how its partitions are then kept. */
export interface PartitionByMonth extends PartitionPolicy {
  /** A column of type timestamptz, timestamp or date that is NOT NULL. */
  readonly column: string
  /** Called before each step. */
  readonly onProgress?: (step: string) => void
}

/** What {@link partitionByMonth} did. */
export interface PartitionedTable {
  readonly table: string
  /** For how long the table was locked, in milliseconds; 0 when it was partitioned already. */
  readonly lockedMillis: number
  readonly changes: readonly PartitionChange[]
}

/** Building an index or checking all rows of a very large table. */
const LONG = '1d'

/**
 * Turns a table into one that is partitioned by month, while everybody goes on reading and writing. The table as it is
 * becomes the partition of all that was until the end of this or the next month; no row is copied. What it has (indexes,
 * constraints, foreign keys, triggers, policies, rights, identities) the new table has too, and views read the new one; except:
 *
 * - keys are unique only together with `column`; within each month they stay unique by themselves, but for a primary key
 *   that is an identity,
 * - a foreign key *to* the table is replaced by triggers that refuse the same under the same name, and do not refuse when
 *   a whole month is retired.
 *
 * Can be stopped anywhere and called again. A call for a table that is partitioned by that column already only sets the
 * policy. Until it is through, rows later than the end of the next month are refused.
 *
 * @throws DigisError `DIGIS_NOT_PARTITIONABLE` naming everything that is in the way; DigisInputError for an impossible
 * argument; 23505 when rows have a key twice; 55P03 when the lock could not be had within a minute
 */
export async function partitionByMonth(pool: Pool, options: PartitionByMonth): Promise<PartitionedTable> {
  const policy = checkPolicy(options)
  const column = checkText('column', options.column, 63)
  const database = databaseOn(pool, { timeout: LONG })
  const { table, partitioned_by } = only(await database.run<TargetState>(selectTarget(policy.table)))
  if (table === null) throw noTable(policy.table)
  const lockedMillis =
    partitioned_by === column ? 0 : await convert(pool, { table, column }, options.onProgress ?? (() => {}))
  await replaceViews(database, table, options.onProgress ?? (() => {}))
  return { table, lockedMillis, changes: await ensurePartitions(pool, policy) }
}

/** Until then materialized views show what they showed, or the old part alone when somebody refreshes them. */
async function replaceViews(
  database: Database,
  table: string,
  onProgress: (step: string) => void,
): Promise<void> {
  const { rows } = await database.run<Successor>(selectSuccessors(table))
  for (const each of rows) {
    onProgress(`filling the materialized view ${each.view} anew`)
    await database.run(plain(`REFRESH MATERIALIZED VIEW ${each.successor}`))
    await untilUnlocked(() => database.run(replaceView(each)))
  }
}

async function convert(pool: Pool, target: Target, onProgress: (step: string) => void): Promise<number> {
  const database = databaseOn(pool, { timeout: LONG })
  await refuseObstacles(database, target)
  await widenKeys(database, target, onProgress)
  onProgress('limiting the table to what its first partition is going to hold')
  const cutoff = await limitTable(pool, target)
  onProgress('checking all rows against the limit')
  await database.run(plain(`ALTER TABLE ${target.table} VALIDATE CONSTRAINT ${LIMIT}`))
  onProgress('putting the partitioned table in its place')
  const swapped = await untilUnlocked(() => database.run<Swapped>(swap(target, cutoff)))
  return only(swapped).locked_millis
}

async function refuseObstacles(database: Database, target: Target): Promise<void> {
  const { rows } = await database.run<Obstacle>(selectObstacles(target))
  if (rows.length === 0) return
  const reasons = rows.map(({ obstacle, remedy }) => `${obstacle} (${remedy})`).join('; ')
  throw new DigisError(
    'DIGIS_NOT_PARTITIONABLE',
    'configuration',
    `The table ${target.table} cannot be partitioned by month as it is. Nothing was changed. ${reasons}.`,
  )
}

/** A build that failed leaves an index that enforces nothing under the name: it goes first. */
async function widenKeys(
  database: Database,
  target: Target,
  onProgress: (step: string) => void,
): Promise<void> {
  const { rows } = await database.run<KeyToWiden>(selectKeysToWiden(target))
  for (const { wide_columns, wide_index, wide_path, is_ready } of rows) {
    if (is_ready) continue
    onProgress(`building the index ${wide_path}`)
    await database.run(plain(`DROP INDEX CONCURRENTLY IF EXISTS ${wide_path}`))
    await database.run(
      plain(
        `CREATE UNIQUE INDEX CONCURRENTLY ${quoteIdentifier(wide_index)} ON ${target.table} (${wide_columns})`,
      ),
    )
  }
}

const LIMIT = 'chk_partition_cutoff'

/** A limit of an earlier, unfinished call may be too early by now. */
async function limitTable(pool: Pool, target: Target): Promise<string> {
  const { cutoff } = only(
    await databaseOn(pool, { timeout: LONG }).run<{ cutoff: string }>(selectCutoff(target)),
  )
  const column = quoteIdentifier(target.column)
  await untilUnlocked(() =>
    pool.transaction(async tx => {
      const database = databaseOn(tx)
      await database.run(plain("SET LOCAL lock_timeout = '500ms'"))
      await database.run(plain(`ALTER TABLE ${target.table} DROP CONSTRAINT IF EXISTS ${LIMIT}`))
      await database.run(
        plain(
          `ALTER TABLE ${target.table} ADD CONSTRAINT ${LIMIT} CHECK (${column} < '${cutoff}') NOT VALID`,
        ),
      )
    }),
  )
  return cutoff
}

function plain(text: string): Statement {
  return { text, values: [] }
}

function only<R>({ rows }: { rows: readonly R[] }): R {
  return rows[0] as R
}
