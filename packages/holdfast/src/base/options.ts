import type { PoolConfig } from 'pg'
import { type CacheOptions, type CacheSettings, cacheOption, resolveCacheSettings } from './cache-options.js'
import type { Duration } from './duration.js'
import { OptionsError } from './errors.js'
import {
  any,
  checkOptions,
  duration,
  fraction,
  integer,
  listOf,
  nested,
  ofType,
  type Rules,
} from './option-rules.js'
import {
  type OverloadOptions,
  type OverloadSettings,
  overloadOption,
  resolveOverload,
} from './overload-options.js'
import { type Environment, type Place, poolSize } from './pool-size.js'
import { type PoolerOption, poolerOption } from './pooler-options.js'
import {
  type ReplicaOptions,
  type ReplicaSettings,
  replicasOption,
  resolveReplicaSettings,
} from './replica-options.js'
import {
  resolveReportEvery,
  resolveUtilizationAlert,
  type UtilizationAlertOptions,
  type UtilizationAlertSettings,
  utilizationAlertOption,
} from './report-options.js'
import { OPT_IN_CODES, type OptInCode } from './retry-action.js'
import { type RlsOptions, type RlsSettings, resolveRls, rlsOption } from './rls-options.js'
import {
  resolveSlowQuery,
  type SlowQueryOptions,
  type SlowQuerySettings,
  slowQueryOption,
} from './slow-query-options.js'
import {
  resolveStatistics,
  type StatisticsOptions,
  type StatisticsSettings,
  statisticsOption,
} from './statistics-options.js'
import {
  resolveTelemetry,
  type TelemetryOptions,
  type TelemetrySettings,
  telemetryOption,
} from './telemetry-options.js'
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
  /** Where warnings, slow queries and reports go. Default: nowhere; see also `pool.on('warning')`. */
  logger?: Logger
  /** What happens when more is asked than the database can serve; `false`: as many may wait as come. */
  overload?: OverloadOptions | false
  /** What is tried again when it fails, and how often; see the guide "Retries". */
  retry?: RetryOptions | false
  /**
   * What stands between the pool and PostgreSQL: `none`, a pooler in mode `session` or `transaction`. Default: told by
   * the host for Supabase and Neon, else by the connection itself, which cannot tell the mode. See `pool.describe()`.
   */
  pooler?: PoolerOption
  /** Which reads are cached, where, and how certain they are. Default: none. */
  cache?: CacheOptions | false
  /** Hot standbys for reads that say `readOnly: true`: their URLs, or more about them. Default: none. */
  replicas?: readonly string[] | ReplicaOptions | false
  /** Which identities `pool.as` may hand over, for row-level security. Default: none. */
  rls?: RlsOptions | false
  /** What is counted of queries; `false`: nothing by statement. Default: on. */
  statistics?: StatisticsOptions | false
  /** Spans and metrics for OpenTelemetry, by the package `@opentelemetry/api`. Default: false. */
  telemetry?: TelemetryOptions | boolean
  /** Which queries are slow, and what the logger is told of them; `false`: nothing. Default: from 1 s. */
  slowQuery?: SlowQueryOptions | false
  /** When people are warned that most connections are in use; `false`: never. Default: 80 % for 10 s. */
  utilizationAlert?: UtilizationAlertOptions | false
  /** How often the logger is told how the pool is; `false`: never. Default: 1 m with NODE_ENV=production, else never. */
  report?: Duration | false
  /** Ends the pool on these signals; the application exits by itself when nothing else is left. Default: off. */
  shutdown?: { signals?: NodeJS.Signals[] /** Default: 10 s. */; timeout?: Duration } | false
}

/** When a failed call is made again. Only calls that were certainly not applied are, and those declared repeatable. */
export interface RetryOptions {
  /** Runs of a statement in all, and rounds of connecting before waiting callers are told. Default: 3. */
  attempts?: number
  /** How many retries there may be for each request, from 0 to 1; about ten more are always possible. Default: 0.2. */
  budget?: number
  /** SQLSTATEs after which a statement is run again besides. Default: none. */
  optIn?: OptInCode[]
}

export type { Environment } from './pool-size.js'

/** The pool's own settings: resolved once, frozen. Durations in milliseconds, 0 switches off. */
export interface PoolSettings {
  readonly name: string
  readonly max: number
  /** Why `max` is what it is, in words. */
  readonly maxBecause: string
  readonly min: number
  readonly minIdle: number
  readonly maxUses: number
  readonly maxLifetime: number
  readonly idleTimeout: number
  readonly connectTimeout: number
  readonly queryTimeout: number
  readonly validateAfterIdle: number
  readonly leakDetection: number
  readonly overload: OverloadSettings
  readonly connectAttempts: number
  readonly retryBudget: number
  readonly retryOptIn: ReadonlySet<OptInCode>
  readonly allowExitOnIdle: boolean
  /** Absent: nothing is cached. */
  readonly cache: CacheSettings | undefined
  /** Absent: every read goes to the primary. */
  readonly replicas: ReplicaSettings | undefined
  /** Absent: no identity is handed over. */
  readonly rls: RlsSettings | undefined
  /** Absent: queries are not counted by statement. */
  readonly statistics: StatisticsSettings | undefined
  /** Absent: OpenTelemetry is told nothing. */
  readonly telemetry: TelemetrySettings | undefined
  /** Absent: nobody looks for slow queries. */
  readonly slowQuery: SlowQuerySettings | undefined
  /** Absent: nobody looks how busy it is. */
  readonly utilizationAlert: UtilizationAlertSettings | undefined
  /** 0: never. */
  readonly reportEvery: number
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
  overload: overloadOption,
  retry: nested({ attempts: integer(1, 100), budget: fraction, optIn: listOf(OPT_IN_CODES) }),
  pooler: poolerOption,
  cache: cacheOption,
  replicas: replicasOption,
  rls: rlsOption,
  statistics: statisticsOption,
  telemetry: telemetryOption,
  slowQuery: slowQueryOption,
  utilizationAlert: utilizationAlertOption,
  report: duration,
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
 * @throws OptionsError for a combination that cannot work
 */
export function resolveSettings(
  options: PoolOptions & { poolSize?: number },
  place: Place,
  env: Environment,
): PoolSettings {
  const { max, because } = poolSize(options.max ?? options.poolSize, place, env)
  const minIdle = options.minIdle ?? 0
  const retry = options.retry === false ? { attempts: 1 } : (options.retry ?? {})
  if (minIdle > max) throw new OptionsError('minIdle', `at most max (${max})`, String(minIdle))
  const overload = resolveOverload(options.overload)
  if (overload.reserved >= max) {
    throw new OptionsError('overload.reserved', `less than max (${max})`, String(overload.reserved))
  }
  return Object.freeze({
    name: options.name ?? 'main',
    max,
    maxBecause: because,
    min: options.min ?? 0,
    minIdle,
    maxUses: options.maxUses ?? 7_500,
    maxLifetime: (options.maxLifetimeSeconds ?? 1_800) * 1_000,
    idleTimeout: options.idleTimeoutMillis ?? 10_000,
    connectTimeout: options.connectionTimeoutMillis ?? 5_000,
    queryTimeout: shorter(options.query_timeout ?? 30_000, place.untoldTimeout),
    validateAfterIdle: (options.validateAfterIdle as number | undefined) ?? 1_000,
    leakDetection: (options.leakDetection as number | undefined) ?? 60_000,
    overload,
    connectAttempts: retry.attempts ?? 3,
    retryBudget: retry.budget ?? 0.2,
    retryOptIn: new Set(retry.optIn),
    allowExitOnIdle: options.allowExitOnIdle ?? false,
    cache: options.cache ? resolveCacheSettings(options.cache) : undefined,
    replicas: resolveReplicaSettings(options.replicas as ReplicaOptions | undefined),
    rls: resolveRls(options.rls as RlsOptions | undefined),
    statistics: resolveStatistics(options.statistics),
    telemetry: resolveTelemetry(options.telemetry),
    slowQuery: resolveSlowQuery(options.slowQuery),
    utilizationAlert: resolveUtilizationAlert(options.utilizationAlert),
    reportEvery: resolveReportEvery(options.report, env),
  })
}

/** The shorter of two limits, of which 0 is none. */
function shorter(a: number, b: number): number {
  return a === 0 || b === 0 ? a + b : Math.min(a, b)
}
