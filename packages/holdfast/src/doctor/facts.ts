import type { ClientFacts } from './client-facts.js'
import type { DoctorClient } from './doctor-client.js'
import type { DoctorSettings } from './options.js'
import type { Outside } from './outside.js'

/** What the doctor knows of server, database and client before the first check. */
export interface Facts {
  readonly database: string
  readonly user: string
  readonly superuser: boolean
  /** Major version, for example 18. */
  readonly major: number
  /** As the server writes it. */
  readonly version: string
  /** The server's clock, ISO 8601. */
  readonly now: string
  readonly inRecovery: boolean
  /** Whether this is Supabase, which keeps schemas of its own in every database. */
  readonly supabase: boolean
  /** The extensions with the schema each is in. */
  readonly extensions: ReadonlyMap<string, string>
  /** The schemas looked at, by name and oid. */
  readonly schemas: ReadonlyMap<string, string>
  /** Days since the statistics began; `undefined` where the server does not know. */
  readonly statisticsDays: number | undefined
  /** What an earlier user of this connection left behind, each in words. */
  readonly leftovers: readonly string[]
  /** What the migration runner and the pooler said. */
  readonly outside: Outside
  readonly client: ClientFacts
  readonly settings: DoctorSettings
}

/** Schemas that Supabase manages; on other servers they are anybody's. */
const SUPABASE_SCHEMAS = [
  'auth',
  'storage',
  'vault',
  'extensions',
  'realtime',
  '_realtime',
  'graphql',
  'graphql_public',
  'pgbouncer',
  'pgsodium',
  'pgsodium_masks',
  'supabase_functions',
  'supabase_migrations',
  '_analytics',
  '_supavisor',
]

const SERVER = `
  SELECT current_database() AS database, current_user AS "user", current_setting('server_version') AS version,
         current_setting('server_version_num')::int / 10000 AS major, pg_is_in_recovery() AS in_recovery,
         to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS now,
         (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
         EXISTS (SELECT FROM pg_roles WHERE rolname = 'supabase_admin') AS supabase,
         (SELECT extract(epoch FROM clock_timestamp() - stats_reset) / 86400 FROM pg_stat_database
           WHERE datname = current_database())::float8 AS statistics_days`

// A schema that an extension made holds only what the extension put there, its chunks and queues included.
const SCHEMAS = `
  SELECT nspname::text AS name, oid::text FROM pg_namespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
     AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND deptype = 'e')
   ORDER BY nspname`

const EXTENSIONS = `
  SELECT e.extname::text AS name, n.nspname::text AS schema
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace`

/** Settings that drivers and poolers set for everybody are nobody's leftovers. */
const LEFTOVERS = `
  SELECT 'setting ' || name AS what FROM pg_settings
   WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'IntervalStyle',
         'TimeZone', 'extra_float_digits', 'statement_timeout', 'lock_timeout',
         'idle_in_transaction_session_timeout', 'default_transaction_read_only')
  UNION ALL
  SELECT 'advisory lock of the session' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
  UNION ALL
  SELECT 'temporary table ' || relname FROM pg_class
   WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'
  UNION ALL
  SELECT 'LISTEN ' || channel FROM pg_listening_channels() AS channel
  ORDER BY 1`

/** Asked before the doctor's own transaction begins: it changes settings itself. */
export async function leftoversOf(client: DoctorClient): Promise<readonly string[]> {
  const { rows } = await client.query(LEFTOVERS)
  return rows.map(({ what }) => String(what))
}

/** Asks the server for the facts. */
export async function readFacts(
  client: DoctorClient,
  known: Pick<Facts, 'leftovers' | 'outside' | 'client' | 'settings'>,
): Promise<Facts> {
  const server = (await client.query(SERVER)).rows[0] ?? {}
  const extensions = (await client.query(EXTENSIONS)).rows
  const supabase = server.supabase === true
  const schemas = pairs((await client.query(SCHEMAS)).rows, 'oid').filter(([name]) =>
    isLookedAt(name, supabase, known.settings),
  )
  return {
    ...known,
    database: String(server.database),
    user: String(server.user),
    superuser: server.superuser === true,
    major: Number(server.major),
    version: String(server.version),
    now: String(server.now),
    inRecovery: server.in_recovery === true,
    supabase,
    extensions: new Map(pairs(extensions, 'schema')),
    schemas: new Map(schemas),
    statisticsDays: server.statistics_days === null ? undefined : Number(server.statistics_days),
  }
}

function isLookedAt(name: string, supabase: boolean, { schemas }: DoctorSettings): boolean {
  if (schemas !== undefined) return schemas.includes(name)
  return !(supabase && SUPABASE_SCHEMAS.includes(name))
}

function pairs(rows: readonly Record<string, unknown>[], value: string): [string, string][] {
  return rows.map(row => [String(row.name), String(row[value])])
}
