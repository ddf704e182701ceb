import { type MigrateOptions, type MigrateResult, migrate, type Pool } from 'holdfast'
import { DigisError } from './digis-error.js'
import { adopt, BASELINE_SCHEMA } from './hardening/adopt.js'
import type { HardeningOptions } from './hardening/harden.js'
import { type HardeningClient, onOwnSession } from './hardening/hardening-client.js'
import { MIGRATIONS } from './hardening/hardening-files.js'

/** Where this package's migrations are remembered, apart from the application's own. */
const HISTORY = { schema: 'holdfast', table: 'digis_migrations' }
const HISTORY_TABLE = `${HISTORY.schema}.${HISTORY.table}`

/** How {@link migrateDigis} works; the last three are about a database of the old platform. */
export type MigrateDigisOptions = Pick<MigrateOptions, 'onProgress'> & HardeningOptions

/** All answers are of one moment: a runner creates the history and the first table in one transaction. */
const OWNERSHIP = `
  SELECT current_database() AS database,
         EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE n.nspname = current_schema() AND c.relname = 'users') AS has_users,
         EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                   JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'supabase_id'
                  WHERE n.nspname = current_schema() AND c.relname = 'users' AND c.relkind = 'r') AS is_digis,
         EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE n.nspname = $1 AND c.relname = $2) AS has_history,
         EXISTS (SELECT FROM pg_namespace WHERE nspname = $3) AS is_half_adopted`

/**
 * Creates the schema of DIGIS in an empty database, or brings it up to date. A database of the old platform is first
 * brought to the same schema under load (see {@link HardeningOptions}). Each file is applied wholly or not at all,
 * because indexes that are built beside running writes cannot be part of one transaction; a run that was ended is gone on
 * with by the next one. Any number of processes may do so at once.
 *
 * @throws DigisError `DIGIS_FOREIGN_SCHEMA` when there is a table `users` that is none of DIGIS; `DIGIS_DIRTY_ROWS` when
 * rows of the old platform break a rule; MigrationError when a migration fails
 */
export async function migrateDigis(pool: Pool, options: MigrateDigisOptions = {}): Promise<MigrateResult> {
  const { onProgress, ...hardening } = options
  const session: HardeningClient = { run: async (text, values) => (await readOn(pool, text, values)).rows }
  if (await needsAdoption(session)) await adoptOn(pool, hardening)
  return migrate(pool, {
    ...(onProgress === undefined ? {} : { onProgress }),
    directory: MIGRATIONS,
    table: HISTORY_TABLE,
  })
}

function readOn(pool: Pool, text: string, values: unknown[] = []) {
  return pool.query({ text, values, readOnly: true })
}

async function adoptOn(pool: Pool, options: HardeningOptions): Promise<void> {
  const isDone = async (session: HardeningClient) => !(await needsAdoption(session))
  await onOwnSession(pool, session => adopt(session, { history: HISTORY_TABLE, options, isDone }))
}

async function needsAdoption(session: HardeningClient): Promise<boolean> {
  const [row] = await session.run(OWNERSHIP, [HISTORY.schema, HISTORY.table, BASELINE_SCHEMA])
  const { database, has_users, is_digis, has_history, is_half_adopted } = row as Record<string, unknown>
  if (is_half_adopted === true) return true
  if (has_users !== true || has_history === true) return false
  if (is_digis === true) return true
  throw new DigisError(
    'DIGIS_FOREIGN_SCHEMA',
    'configuration',
    `The database "${database}" has a table "users" that DIGIS did not create. Nothing was changed. ` +
      'Use an empty database, or move that table to another schema first.',
  )
}
