import type { PoolSettings } from '../base/options.js'
import type { Warning } from '../base/warning.js'
import type { PgConnection } from '../driver/pg-connection.js'

/** What a server has in connections. */
export interface ServerCapacity {
  /** `max_connections`. */
  readonly max: number
  /** For superusers and for `pg_use_reserved_connections`. */
  readonly reserved: number
  /** Open now, on all databases, those of the pool included. */
  readonly used: number
}

/** As text: the application may have parsers of its own for numbers. */
const QUESTION = `
  SELECT current_setting('max_connections') AS max,
         (current_setting('superuser_reserved_connections')::int
           + coalesce(current_setting('reserved_connections', true), '0')::int)::text AS reserved,
         (SELECT sum(numbackends) FROM pg_catalog.pg_stat_database)::text AS used`

/** How long the answer may take, in milliseconds. */
const PATIENCE_MS = 1_000

/** Asks the server, past every guard. Rejects when it does not answer, or is none of PostgreSQL's. */
export async function askCapacity(connection: PgConnection, now: number): Promise<ServerCapacity> {
  const limits = { startedAt: now, deadline: now + PATIENCE_MS, signal: undefined }
  const flags = { readOnly: true, idempotent: true, rolledBackIfLost: false }
  const { rows } = await connection.send({ config: QUESTION, values: undefined, ...limits, ...flags })
  const [{ max, reserved, used }] = rows as [Record<keyof ServerCapacity, string>]
  return { max: Number(max), reserved: Number(reserved), used: Number(used) }
}

/**
 * The warning that a pool deserves which may want more connections than the server has; `undefined` when all is well.
 *
 * @param own connections of the pool that are open now
 */
export function capacityWarning(
  { max, reserved, used }: ServerCapacity,
  settings: PoolSettings,
  own: number,
): Warning | undefined {
  const { instances } = settings.overload
  const wanted = settings.max * instances
  const allowed = max - reserved
  const others = Math.max(0, used - own)
  if (!(wanted > allowed || settings.max > allowed - others)) return undefined
  const inAll = instances === 1 ? '' : ` in each of ${instances} processes, ${wanted} in all`
  const left = `the server allows ${allowed} (max_connections ${max} less ${reserved} reserved), of which others use ${others}`
  const remedy = 'Lower "max", raise max_connections, or use a pooler.'
  const message = `Pool "${settings.name}" may open ${settings.max} connections${inAll}; ${left}. ${remedy}`
  return { code: 'server-connections', message }
}
