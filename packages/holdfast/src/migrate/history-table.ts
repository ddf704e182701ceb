import { quoteIdentifier } from '../sql/identifier.js'
import type { MigrationClient } from './migration-client.js'
import type { HistoryLocation } from './options.js'

/** The name of the constraint that a COMMIT inside a file runs into. It also tells history tables from all others. */
export const COMMIT_GUARD = 'fk_migrations_finished_before_commit'

/** Columns that histories of the first version do not have. Each may be absent or null. */
const LATER_COLUMNS = {
  /** Whether the file says so. Null: applied before anybody could say. */
  breaking: 'boolean',
  /** Recorded by `baseline`, never run here. */
  baseline: 'boolean',
  failed_at: 'timestamptz',
  /** The SQLSTATE of the failure; null where the server gave none. */
  failure: 'text',
  /** The indexes that were there before the first attempt: any other one is the attempt's. */
  indexes_before: 'oid[]',
  fingerprint: 'text',
  /** What the fingerprint is made of: `{ schemas, version, objects }`. Kept of the last file only. */
  catalog: 'jsonb',
} as const

/** What stands of a history in the database. */
export interface HistoryShape {
  readonly schema: boolean
  readonly table: boolean
  readonly columns: ReadonlySet<string>
}

/** The history's schema, and the table with its columns, as far as they exist. */
export async function lookAtHistory(
  client: MigrationClient,
  { schema, table }: HistoryLocation,
): Promise<HistoryShape> {
  // From the tables: to_regclass() may answer from what this connection remembers of before the lock.
  const { rows } = await client.query(
    `SELECT n.oid IS NOT NULL AS schema, c.oid IS NOT NULL AS table,
            ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
       FROM (VALUES (1)) AS one
       LEFT JOIN pg_namespace AS n ON n.nspname = $1
       LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = $2`,
    [schema, table],
  )
  const columns = new Set((rows[0]?.columns ?? []) as string[])
  return { schema: rows[0]?.schema === true, table: rows[0]?.table === true, columns }
}

/** Creates the table, or gives an older one the columns that it lacks. Must run under the runners' lock. */
export async function ensureHistory(client: MigrationClient, location: HistoryLocation): Promise<void> {
  const shape = await lookAtHistory(client, location)
  // Asked first: IF NOT EXISTS would demand the right to create even where nothing is to be created.
  if (!shape.schema) await client.query(`CREATE SCHEMA ${quoteIdentifier(location.schema)}`)
  if (!shape.table) {
    await client.query(definition(location.qualifiedTable))
    return
  }
  const missing = Object.entries(LATER_COLUMNS).filter(([name]) => !shape.columns.has(name))
  if (missing.length === 0) return
  const additions = missing.map(([name, type]) => `ADD COLUMN ${name} ${type}`)
  await client.query(`ALTER TABLE ${location.qualifiedTable} ${additions.join(', ')}`)
}

/** A select list that gives null for the columns that an older table does not have. */
export function laterColumns(shape: HistoryShape, names: readonly (keyof typeof LATER_COLUMNS)[]): string {
  return names
    .map(name => (shape.columns.has(name) ? `m.${name}` : `NULL::${LATER_COLUMNS[name]} AS ${name}`))
    .join(', ')
}

function definition(table: string): string {
  const later = Object.entries(LATER_COLUMNS).map(([name, type]) => `${name} ${type}`)
  return `
    CREATE TABLE ${table} (
      number integer PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      backend_pid integer NOT NULL,
      backend_start timestamptz NOT NULL,
      started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      finished_at timestamptz,
      continues boolean NOT NULL,
      guard integer CONSTRAINT ${COMMIT_GUARD} REFERENCES ${table} (number) DEFERRABLE INITIALLY DEFERRED,
      ${later.join(',\n      ')}
    )`
}
