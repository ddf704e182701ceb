import type { PoolConfig } from 'pg'
import { type CacheOptions, type CacheSettings, cacheOption, resolveCacheSettings } from './cache-options.js'
import type { Duration } from './duration.js'
import { OptionsError } from './errors.js'
import { any, checkOptions, duration, integer, nested, ofType, type Rules } from './option-rules.js'
import {
  type ReplicaOptions,
  type ReplicaSettings,
  replicasOption,
  resolveReplicaSettings,
} from './replica-options.js'
import type { Logger } from './warning.js'

/**
 * Options of the pool. Those of pg keep their name, unit and meaning; where a default differs it is said here.
 * Different from pg: `max` by environment (20; 50 with NODE_ENV=production; 5 on serverless platforms; 10 behind a
 * Supabase pooler), `connectionTimeoutMillis` 5,000, `query_timeout` 30,000 (with a real cancel), `keepAlive` true,
 * `maxUses` 7,500, `maxLifetimeSeconds` 1,800, TLS towards remote hosts.
 */
export interface PoolOptions extends PoolConfig {
  /**
   * `postgres://user:password@host:port/database`, or with several hosts `a:5432,b:5432` and `target_session_attrs`, as
   * in libpq.
   */
  connectionString?: string | undefined
  /** Name of the pool in errors, warnings and metrics. Default: `main`. */
  name?: string
  /** Idle connections kept open, refilled in the background. Default: 0. (pg's `min` only holds back eviction.) */
  minIdle?: number
  /** Milliseconds a query may take in all, then it is cancelled on the server; 0: no limit. Default: 30,000. */
  query_timeout?: number | undefined
  /** A connection idle for longer is checked by a round trip before it is lent. 0: always. Default: 1 s. */
  validateAfterIdle?: Duration
  /** A client borrowed for longer is reported once, with the borrower's stack. 0: never. Default: 1 m. */
  leakDetection?: Duration
  /** Where warnings go. Default: nowhere; see also `pool.on('warning')`. */
  logger?: Logger
  overload?: { /** Callers that may wait for a connection. Default: 1,000. */ maxWaiting?: number } | false
  retry?:
    | { /** Attempts to connect before waiting callers are told. Default: 3. */ attempts?: number }
    | false
  /** Which reads are cached, where, and how certain they are. Default: none. */
  cache?: CacheOptions | false
  /** Hot standbys for reads that say `readOnly: true`: their URLs, or more about them. Default: none. */
  replicas?: readonly string[] | ReplicaOptions | false
  /** Ends the pool on these signals; the application exits by itself when nothing else is left. Default: off. */
  shutdown?: { signals?: NodeJS.Signals[] /** Default: 10 s. */; timeout?: Duration } | false
}

/** What the environment says about where the process runs. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The pool's own settings: resolved once, frozen. Durations in milliseconds, 0 switches off. */
export interface PoolSettings {
  readonly name: string
  readonly max: number
  readonly min: number
  readonly minIdle: number
  readonly maxUses: number
  readonly maxLifetime: number
  readonly idleTimeout: number
  readonly connectTimeout: number
  readonly queryTimeout: number
  readonly validateAfterIdle: number
  readonly leakDetection: number
  readonly maxWaiting: number
  readonly connectAttempts: number
  readonly allowExitOnIdle: boolean
  /** Absent: nothing is cached. */
  readonly cache: CacheSettings | undefined
  /** Absent: every read goes to the primary. */
  readonly replicas: ReplicaSettings | undefined
}

const RULES: Rules = {
  // Where to connect: read by driver/client-config, which knows URLs and files.
  ...Object.fromEntries(
    ['connectionString', 'user', 'host', 'database', 'application_name', 'fallback_application_name']
      .concat(['options', 'client_encoding', 'sslnegotiation', 'replication'])
      .map(name => [name, ofType('string')]),
  ),
  port: integer(1, 65_535),
  ...Object.fromEntries(
    ['password', 'ssl', 'types', 'stream', 'connection', 'Promise', 'logger'].map(name => [name, any]),
  ),
  ...Object.fromEntries(
    ['keepAlive', 'enableChannelBinding', 'pipeline', 'binary', 'allowExitOnIdle'].map(name => [
      name,
      ofType('boolean'),
    ]),
  ),
  ...Object.fromEntries(['log', 'Client', 'onConnect', 'verify'].map(name => [name, ofType('function')])),
  statement_timeout: duration,
  lock_timeout: duration,
  idle_in_transaction_session_timeout: duration,
  query_timeout: duration,
  connectionTimeoutMillis: duration,
  keepAliveInitialDelayMillis: duration,
  idleTimeoutMillis: duration,
  scramMaxIterations: integer(0),
  max: integer(1, 10_000),
  poolSize: integer(1, 10_000),
  min: integer(0, 10_000),
  minIdle: integer(0, 10_000),
  maxUses: integer(1),
  maxLifetimeSeconds: integer(0),
  name: ofType('string'),
  validateAfterIdle: duration,
  leakDetection: duration,
  overload: nested({ maxWaiting: integer(0) }),
  retry: nested({ attempts: integer(1, 100) }),
  cache: cacheOption,
  replicas: replicasOption,
  shutdown: nested({ signals: any, timeout: duration }),
}

/**
 * Checks the options of a pool: each known, each possible. Durations come out in milliseconds.
 *
 * @throws OptionsError
 */
export function checkPoolOptions(given: unknown): PoolOptions {
  return checkOptions(withHidden(given), RULES)
}

/** Options that a pool, ours and pg's, keeps out of loops and prints; `new Pool(other.options)` has to find them. */
const HIDDEN = ['connectionString', 'password', 'replicas'] as const

function withHidden(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  const hidden = HIDDEN.filter(name => name in given).map(name => [name, (given as PoolOptions)[name]])
  return { ...given, ...Object.fromEntries(hidden) }
}

/**
 * Resolves the settings of a pool from checked options.
 *
 * @param host of the server, for the defaults behind Supabase's pooler
 * @throws OptionsError for a combination that cannot work
 */
export function resolveSettings(
  options: PoolOptions & { poolSize?: number },
  host: string,
  env: Environment,
): PoolSettings {
  const max = options.max ?? options.poolSize ?? defaultMax(host, env)
  const minIdle = options.minIdle ?? 0
  if (minIdle > max) throw new OptionsError('minIdle', `at most max (${max})`, String(minIdle))
  return Object.freeze({
    name: options.name ?? 'main',
    max,
    min: options.min ?? 0,
    minIdle,
    maxUses: options.maxUses ?? 7_500,
    maxLifetime: (options.maxLifetimeSeconds ?? 1_800) * 1_000,
    idleTimeout: options.idleTimeoutMillis ?? 10_000,
    connectTimeout: options.connectionTimeoutMillis ?? 5_000,
    queryTimeout: options.query_timeout ?? 30_000,
    validateAfterIdle: (options.validateAfterIdle as number | undefined) ?? 1_000,
    leakDetection: (options.leakDetection as number | undefined) ?? 60_000,
    maxWaiting: limitOf(options.overload, 'maxWaiting', 1_000),
    connectAttempts: options.retry === false ? 1 : (options.retry?.attempts ?? 3),
    allowExitOnIdle: options.allowExitOnIdle ?? false,
    cache: options.cache ? resolveCacheSettings(options.cache) : undefined,
    replicas: resolveReplicaSettings(options.replicas as ReplicaOptions | undefined),
  })
}

/** A number inside an optional group: without limit when the group is switched off. */
function limitOf<K extends string>(
  options: Partial<Record<K, number>> | false | undefined,
  name: K,
  fallback: number,
) {
  return options === false ? Number.POSITIVE_INFINITY : (options?.[name] ?? fallback)
}

/** Variables that only the named platforms set for their functions. */
const SERVERLESS = [
  'AWS_LAMBDA_FUNCTION_NAME',
  'VERCEL',
  'NETLIFY',
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTION_TARGET',
]

/** Functions run in many small processes, and a pooler shares few connections among all: both want small pools. */
function defaultMax(host: string, env: Environment): number {
  if (SERVERLESS.some(name => env[name] !== undefined)) return 5
  if (/\.pooler\.supabase\.com$/i.test(host)) return 10
  return env.NODE_ENV === 'production' ? 50 : 20
}
