import { type MigrateOptions, type MigrateResult, migrate, type Pool } from 'holdfast'
import { DigisError } from './digis-error.js'

const MIGRATIONS = new URL('../migrations/', import.meta.url)

/** Where this package's migrations are remembered, apart from the application's own. */
const HISTORY = { schema: 'holdfast', table: 'digis_migrations' }

/** Both answers are of one moment: a runner creates the history and the tables in one transaction. */
const OWNERSHIP = `
  SELECT current_database() AS database,
         EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE n.nspname = current_schema() AND c.relname = 'users') AS has_users,
         EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE n.nspname = $1 AND c.relname = $2) AS has_history`

/**
 * Creates the schema of DIGIS in an empty database, or brings it up to date: each file wholly or not at all, because
 * indexes that are built beside running writes cannot be part of one transaction. After a failure the next run goes on
 * where it stopped. Any number of processes may do so at once.
 *
 * @throws DigisError `DIGIS_FOREIGN_SCHEMA` when there is a table `users` that this package did not make;
 * MigrationError when a migration fails
 */
export async function migrateDigis(
  pool: Pool,
  options: Pick<MigrateOptions, 'onProgress'> = {},
): Promise<MigrateResult> {
  await refuseForeignSchema(pool)
  const table = `${HISTORY.schema}.${HISTORY.table}`
  return migrate(pool, { ...options, directory: MIGRATIONS, table })
}

async function refuseForeignSchema(pool: Pool): Promise<void> {
  const { rows } = await pool.query({
    text: OWNERSHIP,
    values: [HISTORY.schema, HISTORY.table],
    readOnly: true,
  })
  const { database, has_users, has_history } = rows[0]
  if (!has_users || has_history) return
  throw new DigisError(
    'DIGIS_FOREIGN_SCHEMA',
    'configuration',
    `The database "${database}" has a table "users" that DIGIS did not create. Nothing was changed. ` +
      'Use an empty database, or move that table to another schema first.',
  )
}
