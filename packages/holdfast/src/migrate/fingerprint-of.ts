import { type CatalogFingerprint, readFingerprint } from './catalog-fingerprint.js'
import type { MigrationClient, MigrationPool } from './migration-client.js'
import { inSnapshot } from './snapshot.js'

/**
 * The fingerprint of all definitions in some schemas: equal for two databases with the same columns, constraints,
 * indexes, functions, triggers, policies, views, types and grants, in whatever order they were made. Reads only, as
 * `inspectMigrations` does.
 *
 * @param options.schemas default: those of the connection's search path
 */
export async function catalogFingerprint(
  database: MigrationPool | MigrationClient,
  options: { readonly schemas?: readonly string[] } = {},
): Promise<CatalogFingerprint> {
  return inSnapshot(database, client => readFingerprint(client, options.schemas))
}
