import { quoteIdentifier } from '../sql/identifier.js'
import { type CatalogFingerprint, readFingerprint } from './catalog-fingerprint.js'
import { COMMIT_GUARD } from './history-table.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrateSettings } from './options.js'

/** Takes the fingerprint and stores it with the file that was applied last. Must run inside a transaction. */
export async function rememberFingerprint(
  client: MigrationClient,
  number: number,
  { qualifiedTable, schemas }: Pick<MigrateSettings, 'qualifiedTable' | 'schemas'>,
): Promise<void> {
  const { digest, ...catalog } = await readFingerprint(client, schemas)
  await client.query(`UPDATE ${qualifiedTable} SET fingerprint = $2, catalog = $3 WHERE number = $1`, [
    number,
    digest,
    JSON.stringify({ ...catalog, takenAt: Date.now() }),
  ])
  // What to compare with is the last file's business; of the others the digest is enough.
  await client.query(
    `UPDATE ${qualifiedTable} SET catalog = NULL WHERE catalog IS NOT NULL AND number < $1`,
    [number],
  )
}

/** A fingerprint as a history holds it. */
export interface StoredFingerprint extends CatalogFingerprint {
  /** The history table that holds it. */
  readonly table: string
  /** The file after which it was taken. */
  readonly file: string
  /** Milliseconds since 1970, by the clock of whoever took it. */
  readonly takenAt: number
}

/** Every history table of the database that may be read, by schema and name, wherever a runner was told to put it. */
export async function findHistories(
  client: MigrationClient,
): Promise<readonly (readonly [string, string])[]> {
  const { rows } = await client.query(
    `SELECT n.nspname AS schema, c.relname AS table
       FROM pg_constraint AS o
       JOIN pg_class AS c ON c.oid = o.conrelid
       JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE o.conname = $1 AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
      ORDER BY 1, 2`,
    [COMMIT_GUARD],
  )
  return rows.map(row => [String(row.schema), String(row.table)] as const)
}

/**
 * The newest fingerprint of any history: several may share the schemas, and each changes what the others have seen.
 *
 * @returns `undefined` where none was ever stored
 */
export async function newestFingerprint(client: MigrationClient): Promise<StoredFingerprint | undefined> {
  let newest: StoredFingerprint | undefined
  for (const [schema, table] of await findHistories(client)) {
    const stored = await lastFingerprint(client, schema, table)
    if (stored !== undefined && (newest === undefined || stored.takenAt > newest.takenAt)) newest = stored
  }
  return newest
}

async function lastFingerprint(
  client: MigrationClient,
  schema: string,
  table: string,
): Promise<StoredFingerprint | undefined> {
  const qualified = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
  const { rows } = await client.query(
    `SELECT to_jsonb(m) ->> 'fingerprint' AS digest, to_jsonb(m) -> 'catalog' AS catalog, m.name AS file
       FROM ${qualified} AS m
      WHERE m.finished_at IS NOT NULL AND to_jsonb(m) ->> 'catalog' IS NOT NULL
      ORDER BY m.number DESC LIMIT 1`,
  )
  const row = rows[0] as
    | { digest: string; catalog: Omit<StoredFingerprint, 'digest' | 'file' | 'table'>; file: string }
    | undefined
  if (row === undefined) return undefined
  return {
    ...row.catalog,
    digest: row.digest,
    file: row.file,
    table: `${schema}.${table}`,
  }
}
