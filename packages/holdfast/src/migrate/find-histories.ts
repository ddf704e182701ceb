import { findHistories } from './fingerprint-store.js'
import type { MigrationClient, MigrationPool } from './migration-client.js'
import { inSnapshot } from './snapshot.js'

/**
 * The history tables of a database that may be read, each as `schema.table`, wherever a runner was told to put them.
 * Reads only, as `inspectMigrations` does.
 */
export async function findMigrationHistories(
  database: MigrationPool | MigrationClient,
): Promise<readonly string[]> {
  return inSnapshot(database, async client => {
    const found = await findHistories(client)
    return found.map(([schema, table]) => `${schema}.${table}`)
  })
}
