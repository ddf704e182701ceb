import type { MigrationClient, MigrationPool } from '../migration-client.js'
import { inSnapshot } from '../snapshot.js'

/** How many rows a table has, as PostgreSQL estimates it: 0 is certain, null means some, nobody knows how many. */
export type RowCount = number | null

/** The rows of tables in a database; a table that it does not have has none. */
export async function countRows(
  pool: MigrationPool,
  tables: readonly string[],
): Promise<ReadonlyMap<string, RowCount>> {
  return inSnapshot(pool, async client => {
    await client.query(
      "SELECT set_config('statement_timeout', '2s', true), set_config('lock_timeout', '500ms', true)",
    )
    const counts = new Map<string, RowCount>()
    for (const table of tables) counts.set(table, await rowsOf(client, table))
    return counts
  })
}

async function rowsOf(client: MigrationClient, table: string): Promise<RowCount> {
  const { rows } = await client.query(
    'SELECT reltuples::float8 AS rows FROM pg_class WHERE oid = to_regclass($1)',
    [table],
  )
  if (rows.length === 0) return 0
  if (!(await hasRows(client, table))) return 0
  const estimate = Number(rows[0]?.rows)
  return estimate > 0 ? estimate : null
}

/** A table that cannot be read in time counts as one with rows. */
async function hasRows(client: MigrationClient, table: string): Promise<boolean> {
  await client.query('SAVEPOINT one_table')
  try {
    const { rows } = await client.query(`SELECT EXISTS (SELECT FROM ${table}) AS found`)
    return rows[0]?.found !== false
  } catch {
    await client.query('ROLLBACK TO SAVEPOINT one_table')
    return true
  }
}
