import type { ClientConfig } from 'pg'
import { parse } from 'pg-connection-string'
import { OptionsError } from '../base/errors.js'
import type { Environment, PoolOptions } from '../base/options.js'
import type { Place } from '../base/pool-size.js'
import type { Warning } from '../base/warning.js'
import { passwordError, type Target } from './connect-error.js'
import { declaredPooler, poolerAt } from './pooler.js'
import { PoolerWatch } from './pooler-watch.js'
import { ServerFacts } from './server-facts.js'
import { serverTimeouts } from './server-timeouts.js'
import { decideTls, isSupabase, type TlsDecision } from './tls.js'

/** How to reach the server: everything pg's client needs, with no connection string left in it. */
export interface ResolvedClientConfig {
  readonly config: ClientConfig
  readonly target: Target
  /** What the operator should know about TLS. */
  readonly warnings: readonly Warning[]
  readonly pooler: PoolerWatch
  readonly server: ServerFacts
  /** What the defaults of the pool depend on. */
  readonly place: Place
}

/** URL parameters about TLS: decided here, not handed on. */
const TLS_PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat', 'ssl'] as const
type TlsParameters = Partial<Record<(typeof TLS_PARAMETERS)[number], string>>

/**
 * Resolves URL, options and PG* variables in pg's order (the URL wins over options, options over variables) and
 * decides on TLS.
 *
 * @throws OptionsError when the URL cannot be read; the URL is never repeated
 */
export function resolveClientConfig(options: PoolOptions, env: Environment): ResolvedClientConfig {
  const { fields, tls } = readUrl(options.connectionString)
  const merged: ClientConfig = { keepAlive: true, ...options, ...fields }
  const host = merged.host || env.PGHOST || 'localhost'
  const decision = decideTls({
    host,
    ssl: options.ssl ?? sslParameter(tls.ssl),
    sslmode: tls.sslmode ?? env.PGSSLMODE,
    sslrootcert: tls.sslrootcert ?? env.PGSSLROOTCERT,
    sslcert: tls.sslcert,
    sslkey: tls.sslkey,
  })
  const config = { ...merged, host, ssl: decision.ssl }
  delete config.connectionString
  delete config.connectionTimeoutMillis
  const target = targetOf(config, env)
  if (typeof config.password === 'function') config.password = explained(config.password, target)
  hidePassword(config)
  const pooler = watchPooler(options, config, target)
  return {
    config,
    target,
    warnings: tlsWarnings(decision, host),
    pooler,
    server: new ServerFacts(),
    place: placeOf(pooler, target),
  }
}

/** What is known of a pooler before anybody has connected. */
function watchPooler(options: PoolOptions, config: ClientConfig, { host, port }: Target): PoolerWatch {
  const { pooler: option, cache } = options
  const told = poolerAt(host, port)
  return new PoolerWatch({
    pooler: option === undefined ? told : option === 'none' ? undefined : declaredPooler(option, told),
    certainlyNone: option === 'none',
    timeouts: serverTimeouts(config),
    cached: Boolean(cache),
  })
}

function placeOf({ pooler, timeouts, timeoutsBy }: PoolerWatch, { host, port }: Target): Place {
  // Only in a transaction would a server be told of it: for all others it is ours to keep.
  const untold = timeoutsBy === 'SET LOCAL' ? Number(timeouts.statement_timeout) : 0
  return {
    supabasePooler: pooler !== undefined && poolerAt(host, port) !== undefined && isSupabase(host),
    untoldTimeout: Number.isNaN(untold) ? 0 : untold,
  }
}

/** A password function whose failure says that it was one, and not that the connection broke. */
function explained(password: () => string | Promise<string>, target: Target): () => Promise<string> {
  return async () => {
    try {
      return await password()
    } catch (error) {
      throw passwordError(error, target)
    }
  }
}

/** What errors may show of where a connection goes. */
function targetOf({ host, port, database, user }: ClientConfig, env: Environment): Target {
  const name = user || env.PGUSER || env.USER
  return {
    host: host ?? 'localhost',
    port: Number(port || env.PGPORT || 5432),
    database: database || env.PGDATABASE || name,
    user: name,
  }
}

/** Splits a URL into pg's fields and the parameters about TLS. */
function readUrl(url: string | undefined): { fields: ClientConfig; tls: TlsParameters } {
  if (url === undefined) return { fields: {}, tls: {} }
  const [base = '', search = ''] = url.split('?', 2)
  const parameters = new URLSearchParams(search)
  const tls: TlsParameters = {}
  for (const name of TLS_PARAMETERS) {
    const value = parameters.get(name)
    if (value !== null) tls[name] = value
    parameters.delete(name)
  }
  return { fields: parseFields(`${base}${parameters.size > 0 ? `?${parameters}` : ''}`), tls }
}

/** The fields a URL gives; what it leaves out stays out. */
function parseFields(url: string): ClientConfig {
  const fields = tryParse(url)
  if (fields.host?.includes(',')) {
    throw new OptionsError('connectionString', 'one host', 'several hosts separated by commas')
  }
  const present = Object.entries(fields).filter(([, value]) => value !== null && value !== '')
  const config = Object.fromEntries(present) as ClientConfig
  return config.port === undefined ? config : { ...config, port: Number(config.port) }
}

/** What pg takes: a URL, a path of a socket, or the bare name of a database. */
const CONNECTION_STRING = /^(?:(?:postgres|postgresql|pg|socket):|\/|[\w-]+$)/i

function tryParse(url: string): Partial<Record<string, string | null>> {
  // pg would take anything else for the name of a database, and errors name that: with a password in it.
  if (!CONNECTION_STRING.test(url)) throw notAUrl()
  try {
    return parse(url) as Partial<Record<string, string | null>>
  } catch {
    throw notAUrl()
  }
}

function notAUrl(): OptionsError {
  const expected = 'postgres://user:password@host:port/database with special characters percent-encoded'
  return new OptionsError('connectionString', expected, 'a text that is not a URL')
}

function sslParameter(ssl: string | undefined): boolean | undefined {
  if (ssl === undefined) return undefined
  return ssl !== '0' && ssl !== 'false'
}

/** As pg does: not enumerable, so that printing the object does not print the password. */
function hidePassword(config: ClientConfig): void {
  if (config.password === undefined) return
  Object.defineProperty(config, 'password', { enumerable: false })
}

/** What the operator is told about an unprotected connection. */
function tlsWarnings({ warning }: TlsDecision, host: string): Warning[] {
  if (warning === undefined) return []
  const what =
    warning === 'tls-off'
      ? 'is not encrypted: anyone on the network path can read and change what is sent'
      : 'is encrypted but the certificate is not verified: anyone on the network path can pose as the server'
  return [{ code: warning, message: `The connection to ${host} ${what}.` }]
}
