import { formatMillis } from '../base/duration.js'
import type { PoolSettings } from '../base/options.js'

/** A server of the pool. What it tells of itself is there after the first connection. */
export interface DescribedServer {
  readonly host: string
  readonly port: number
  readonly role: 'primary' | 'standby' | 'unknown'
  readonly version: string | undefined
}

/** A pooler between the pool and PostgreSQL. */
export interface DescribedPooler {
  readonly kind: 'PgBouncer' | 'Supavisor' | 'unknown'
  readonly mode: 'session' | 'transaction' | 'unknown'
  /** Whether named statements keep their names. */
  readonly preparedStatements: boolean
  /** How it is known, in words. */
  readonly because: string
}

/** How a pool is set up, what it found, what it chose and why. As text: `String(pool.describe())`. */
export interface PoolDescription {
  readonly name: string
  readonly servers: readonly DescribedServer[]
  readonly database: string | undefined
  readonly user: string | undefined
  /** `ca-verified`: the certificate is checked, the name in it is not. */
  readonly tls: 'off' | 'unverified' | 'ca-verified' | 'verified'
  /** Absent: none was told of, and none was noticed (so far). */
  readonly pooler: DescribedPooler | undefined
  readonly size: {
    readonly max: number
    readonly because: string
    readonly min: number
    readonly minIdle: number
    /** `Infinity`: no bound. */
    readonly maxWaiting: number
  }
  /** Milliseconds; 0: no limit. */
  readonly timeouts: {
    readonly connect: number
    readonly query: number
    readonly idle: number
    readonly lifetime: number
    /** pg's server timeouts, as they are told the server. */
    readonly server: Readonly<Record<string, string>>
    readonly serverBy: 'startup parameters' | 'SET' | 'SET LOCAL'
  }
  readonly cache: {
    readonly where: 'off' | 'memory' | 'memory and Redis'
    /** Whether results are kept at this moment. */
    readonly enabled: boolean
    readonly tables: readonly string[]
  }
  /** What was decided for you, a sentence each. */
  readonly chosen: readonly string[]
  /** What you should know, a sentence each. */
  readonly warnings: readonly string[]
}

/** What a description is made of. Holds secrets; the description takes none of them. */
export interface PoolDescriptionParts {
  readonly settings: PoolSettings
  readonly target: { host: string; port: number; database: string | undefined; user: string | undefined }
  readonly config: { readonly ssl?: unknown }
  readonly server: { readonly role: DescribedServer['role']; readonly version: string | undefined }
  readonly pooler: {
    readonly pooler: DescribedPooler | undefined
    readonly timeouts: Readonly<Record<string, string>>
    readonly timeoutsBy: PoolDescription['timeouts']['serverBy']
    readonly warnings: readonly string[]
  }
  readonly warnings: readonly { readonly message: string }[]
  readonly cacheEnabled: boolean
}

/** Puts a description together. Asks nobody. */
export function describePool(parts: PoolDescriptionParts): PoolDescription {
  const { settings, target, pooler } = parts
  const told = { role: parts.server.role, version: parts.server.version }
  const description: PoolDescription = {
    name: settings.name,
    servers: Object.freeze([Object.freeze({ host: target.host, port: target.port, ...told })]),
    database: target.database,
    user: target.user,
    tls: tlsOf(parts.config.ssl),
    pooler: pooler.pooler,
    size: sizeOf(settings),
    timeouts: Object.freeze({
      connect: settings.connectTimeout,
      query: settings.queryTimeout,
      idle: settings.idleTimeout,
      lifetime: settings.maxLifetime,
      server: pooler.timeouts,
      serverBy: pooler.timeoutsBy,
    }),
    cache: cacheOf(parts),
    chosen: chosenBy(parts),
    warnings: Object.freeze([...parts.warnings.map(({ message }) => message), ...pooler.warnings]),
  }
  // Not enumerable, so that what is printed or sent as JSON is the data alone.
  Object.defineProperty(description, 'toString', { value: () => textOf(description) })
  return Object.freeze(description)
}

function tlsOf(ssl: unknown): PoolDescription['tls'] {
  if (ssl === false || ssl === undefined) return 'off'
  const { rejectUnauthorized, checkServerIdentity } = Object(ssl) as Record<string, unknown>
  if (rejectUnauthorized === false) return 'unverified'
  return checkServerIdentity === undefined ? 'verified' : 'ca-verified'
}

function sizeOf({ max, maxBecause, min, minIdle, overload }: PoolSettings): PoolDescription['size'] {
  const { maxWaiting } = overload
  return Object.freeze({ max, because: maxBecause, min, minIdle, maxWaiting })
}

function cacheOf({ settings: { cache }, cacheEnabled }: PoolDescriptionParts): PoolDescription['cache'] {
  if (cache === undefined) return Object.freeze({ where: 'off', enabled: false, tables: Object.freeze([]) })
  return Object.freeze({
    where: cache.redis === undefined ? 'memory' : 'memory and Redis',
    enabled: cacheEnabled,
    tables: Object.freeze([...cache.tables.keys()]),
  })
}

/** What the pool decided by itself. */
function chosenBy({ settings, pooler }: PoolDescriptionParts): readonly string[] {
  const chosen = [`At most ${settings.max} connections: ${settings.maxBecause}.`]
  const { pooler: found, timeoutsBy, timeouts } = pooler
  if (found !== undefined) {
    chosen.push(`${nameOf(found)} in between: ${found.because}.`)
    if (!found.preparedStatements) chosen.push('Named statements run unnamed: the pooler would lose them.')
    if (found.mode === 'transaction') chosen.push('Statements that need a session are refused.')
    if (found.mode === 'session') chosen.push(SESSION_COST)
    if (Object.keys(timeouts).length > 0) chosen.push(howTimeouts(timeoutsBy))
  }
  return Object.freeze(chosen)
}

const SESSION_COST =
  'Each connection holds one of the pooler: keep "max" times the number of processes within its pool size.'

function nameOf({ kind, mode }: DescribedPooler): string {
  const name = kind === 'unknown' ? 'A pooler' : kind
  return mode === 'unknown' ? `${name} of unknown mode` : `${name} in ${mode} mode`
}

function howTimeouts(by: PoolDescription['timeouts']['serverBy']): string {
  if (by === 'SET')
    return 'Server timeouts are set once on each connection: a pooler takes no startup parameters.'
  return 'Server timeouts are set by SET LOCAL in pool.transaction(): a pooler takes no startup parameters. For all else give them to the role.'
}

/** The description as lines for people. */
function textOf({
  name,
  servers,
  database,
  user,
  tls,
  pooler,
  size,
  timeouts,
  cache,
  ...rest
}: PoolDescription) {
  const server = servers.map(({ host, port, role, version }) => {
    const told = version === undefined ? 'not connected yet' : `PostgreSQL ${version}, ${role}`
    return `${host}:${port} (${told})`
  })
  const limit = (millis: number) => (millis === 0 ? 'none' : formatMillis(millis))
  const told = Object.entries(timeouts.server).map(([key, value]) => `${key} = ${value}`)
  return [
    `Pool "${name}": database "${database ?? ''}" as "${user ?? ''}" on ${server.join(', ')}`,
    `TLS: ${tls}`,
    `Pooler: ${pooler === undefined ? 'none known' : `${nameOf(pooler)} (${pooler.because})`}`,
    `Size: at most ${size.max} (${size.because}), ${size.minIdle} kept idle, ${size.maxWaiting} may wait`,
    `Timeouts: connect ${limit(timeouts.connect)}, query ${limit(timeouts.query)}, idle ${limit(timeouts.idle)}`,
    ...(told.length > 0 ? [`Server timeouts by ${timeouts.serverBy}: ${told.join(', ')}`] : []),
    `Cache: ${cache.where}${cache.tables.length > 0 ? ` (${cache.tables.join(', ')})` : ''}`,
    ...rest.chosen.map(sentence => `Chosen: ${sentence}`),
    ...rest.warnings.map(sentence => `Warning: ${sentence}`),
  ].join('\n')
}
