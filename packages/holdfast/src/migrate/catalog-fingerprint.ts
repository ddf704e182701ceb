import { createHash } from 'node:crypto'
import { CATALOG_OBJECTS } from './catalog-objects.js'
import type { MigrationClient } from './migration-client.js'

/** What a database's definitions looked like at one moment. */
export interface CatalogFingerprint {
  /** SHA-256 over all {@link objects}, in hexadecimal. */
  readonly digest: string
  /** The schemas that were looked at. */
  readonly schemas: readonly string[]
  /** The major version of the server: another one may write the same definition differently. */
  readonly version: number
  /** A digest of each definition, by kind and name: `column public.users.bio`. */
  readonly objects: Readonly<Record<string, string>>
}

/** Where two fingerprints differ, by kind and name, sorted. */
export interface CatalogDrift {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/**
 * Takes the fingerprint of all columns, constraints, indexes, functions, triggers, policies, views, types and grants.
 * Must run inside a transaction, whose `search_path` is empty afterwards.
 *
 * @param schemas default: those of the search path
 */
export async function readFingerprint(
  client: MigrationClient,
  schemas?: readonly string[],
): Promise<CatalogFingerprint> {
  const about = await client.query(
    `SELECT current_setting('server_version_num')::int / 10000 AS version, current_schemas(false)::text[] AS schemas`,
  )
  const { version, schemas: found } = about.rows[0] as { version: number; schemas: string[] }
  const looked = [...new Set(schemas ?? found)].sort()
  await client.query("SELECT set_config('search_path', '', true)")
  const { rows } = await client.query(CATALOG_OBJECTS, [looked])
  const objects = Object.fromEntries(
    (rows as { object: string; digest: string }[]).map(row => [row.object, row.digest] as const).sort(byName),
  )
  return { digest: digestOf(objects), schemas: looked, version, objects }
}

/** What has to be done to the first to get the second; `undefined` when they are equal. */
export function driftBetween(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): CatalogDrift | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  const drift = {
    added: names.filter(name => before[name] === undefined),
    removed: names.filter(name => after[name] === undefined),
    changed: names.filter(
      name => before[name] !== undefined && after[name] !== undefined && before[name] !== after[name],
    ),
  }
  return Object.values(drift).every(list => list.length === 0) ? undefined : drift
}

function digestOf(objects: Readonly<Record<string, string>>): string {
  const lines = Object.entries(objects).map(([name, digest]) => `${name} ${digest}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
