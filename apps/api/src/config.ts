import {
  address,
  duration,
  durationOrNever,
  integer,
  isOrigin,
  list,
  oneOf,
  size,
  text,
  type Variable,
  webhookSecrets,
} from './config-values.js'

/** Every environment variable that the service reads. The README's table is tested against this one. */
export const VARIABLES = {
  NODE_ENV: {
    about: 'Logs are JSON lines and a key for tokens is obligatory in `production`.',
    fallback: 'development',
    ...oneOf('development', 'production', 'test'),
  },
  DATABASE_URL: {
    about: 'The PostgreSQL server and database.',
    secret: true,
    ...address('postgres:', 'postgresql:'),
    // A password with one of these in it is what most often makes a URL invalid.
    expected:
      'a URL starting with postgres:// or postgresql://, with #, / and ? in its password written as %23, %2F and %3F',
  },
  DATABASE_POOL_MAX: {
    about: 'The most connections the pool opens. Absent: the pool chooses by environment.',
    ...integer(1, 1000),
  },
  CACHE: {
    about:
      'Whether reads are cached: `off` when other programs write to the database, or several processes without Redis.',
    fallback: 'on',
    ...oneOf('on', 'off'),
  },
  REDIS_URL: {
    about: 'The Redis that all processes of the service share their cache in. Absent: each caches by itself.',
    secret: true,
    ...address('redis:', 'rediss:'),
  },
  DIGIS_RLS: {
    about:
      'Whether each request runs under the identity of its token: `on` needs the policies of `enableRowLevelSecurity` in the database.',
    fallback: 'off',
    ...oneOf('on', 'off', 'true', 'false'),
  },
  HOST: { about: 'The address to listen on; `0.0.0.0` in a container.', fallback: '127.0.0.1', ...text() },
  PORT: { about: 'The port to listen on; `0` takes a free one.', fallback: '3000', ...integer(0, 65_535) },
  LOG_LEVEL: {
    about: 'The least severe messages that are logged.',
    fallback: 'info',
    ...oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  },
  SUPABASE_JWT_SECRET: {
    about: 'The shared secret of tokens signed with HS256.',
    secret: true,
    ...text(32),
  },
  SUPABASE_JWKS_URL: {
    about: 'Where the public keys of tokens signed with ES256, RS256 or EdDSA are published.',
    ...address('https:', 'http:'),
  },
  SUPABASE_JWT_ISSUER: {
    about: 'Accepted `iss` claims. Absent: any issuer that holds a key.',
    ...list('issuers'),
  },
  SUPABASE_JWT_AUDIENCE: {
    about: 'Accepted `aud` claims of people; the service role has none.',
    fallback: 'authenticated',
    ...list('audiences'),
  },
  WEBHOOK_SECRETS: {
    about:
      'The secrets that payment providers sign events with (Standard Webhooks); several while one replaces another. Absent: no event is taken.',
    secret: true,
    ...webhookSecrets(),
  },
  WEBHOOK_TOLERANCE: {
    about: 'How old, or how far ahead, the signature of an event may be.',
    fallback: '5m',
    ...duration(1_000, 3_600_000),
  },
  CORS_ORIGINS: {
    about: 'Origins whose pages may call the service; empty: none.',
    fallback: '',
    ...list(
      'origins such as https://app.example.com without a final slash, or *',
      item => item === '*' || isOrigin(item),
    ),
  },
  BODY_LIMIT: {
    about: 'The largest request body.',
    fallback: '256KiB',
    ...size(1024, 64 * 1024 * 1024),
  },
  REQUEST_TIMEOUT: {
    about: 'How long one request may take, its queries included.',
    fallback: '10s',
    ...duration(100, 600_000),
  },
  SHUTDOWN_TIMEOUT: {
    about: 'How long requests in flight may go on after a signal to stop.',
    fallback: '10s',
    ...duration(0, 600_000),
  },
  RATE_LIMIT: {
    about: 'Requests per identity, or per address without one, in each window; `0` switches it off.',
    fallback: '600',
    ...integer(0, 1_000_000_000),
  },
  RATE_LIMIT_WINDOW: {
    about: 'The window of the rate limit.',
    fallback: '1m',
    ...duration(100, 86_400_000),
  },
  METRICS: {
    about: 'Whether `/metrics` is there for Prometheus.',
    fallback: 'on',
    ...oneOf('on', 'off'),
  },
  METRICS_TOKEN: {
    about:
      'Who knows it reads the metrics from anywhere. Absent: they are told on the machine of the service only.',
    secret: true,
    ...text(16),
  },
  QUERY_STATISTICS_INTERVAL: {
    about: 'How often the statistics of statements are written to the table `query_statistics`; `0`: never.',
    fallback: '1m',
    ...durationOrNever(1_000, 86_400_000),
  },
  TELEMETRY: {
    about:
      'Whether queries are told to OpenTelemetry, as `traces`, as `metrics` or as both (`on`); an SDK has to be set up, and `@opentelemetry/api` installed.',
    fallback: 'off',
    ...oneOf('off', 'on', 'traces', 'metrics'),
  },
  DASHBOARD: {
    about:
      'Whether the live page is served at `/dashboard`: `auto` in development, and wherever `DASHBOARD_TOKEN` is set.',
    fallback: 'auto',
    ...oneOf('auto', 'on', 'off'),
  },
  DASHBOARD_TOKEN: {
    about:
      'Who knows it sees the live page from anywhere. Absent: it is shown on the machine of the service only.',
    secret: true,
    ...text(16),
  },
  TRUST_PROXY: {
    about: 'Addresses or networks of proxies whose `X-Forwarded-For` is believed; empty: none.',
    fallback: '',
    ...list('IP addresses or networks such as 10.0.0.0/8', item => /^[\da-fA-F.:]+(\/\d{1,3})?$/.test(item)),
  },
} as const satisfies Record<string, Variable<unknown>>

/** The name of an environment variable that the service reads. */
export type VariableName = keyof typeof VARIABLES

/** How tokens are verified. At least one key is needed for any token to be accepted. */
export interface TokenRules {
  /** For HS256. */
  readonly secret?: string
  /** For ES256, RS256 and EdDSA; fetched when the first such token comes. */
  readonly jwksUrl?: string
  /** Empty: the issuer is not checked. */
  readonly issuers: readonly string[]
  /** Empty: the audience is not checked. */
  readonly audiences: readonly string[]
}

/** How the events of payment providers are verified. */
export interface WebhookRules {
  /** Any of them will do; none: no event is taken. */
  readonly secrets: readonly Buffer[]
  /** Between a signature and now, either way. */
  readonly tolerance: number
}

/** Who may read the metrics. */
export interface MetricsConfig {
  /** Absent: whoever asks from this machine. */
  readonly token?: string
}

/** What is told to OpenTelemetry. */
export interface TelemetryConfig {
  /** A span for each query. */
  readonly traces: boolean
  /** Those of the pool, as `/metrics` has them. */
  readonly metrics: boolean
}

/** Who may see the live page. */
export interface DashboardConfig {
  /** Absent: whoever asks from this machine. */
  readonly token?: string
}

/** Where reads are cached. */
export interface CacheConfig {
  /** Absent: in this process only. */
  readonly redis?: string
}

/** The settings of the service, frozen. Durations are milliseconds, sizes bytes. */
export interface Config {
  readonly environment: 'development' | 'production' | 'test'
  /** Where PostgreSQL is; needed only by the process that starts by itself, `npm start` hands it over. */
  readonly databaseUrl: string | undefined
  /** Connections at most; absent: the pool decides by environment. */
  readonly databasePoolMax: number | undefined
  /** `false`: every read asks the database. */
  readonly cache: CacheConfig | false
  /** Each request runs under the identity of its token, and the policies of the database decide what it sees. */
  readonly rowLevelSecurity: boolean
  /** The address to listen on. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** The least severe level that is logged. */
  readonly logLevel: string
  readonly tokens: TokenRules
  /** Whose events are taken in. */
  readonly webhooks: WebhookRules
  /** Origins whose pages may call; none by default. */
  readonly corsOrigins: readonly string[]
  /** Of one request. */
  readonly bodyLimit: number
  /** From the first byte of the answer's computation to its end; a caller may ask for less. */
  readonly requestTimeout: number
  /** For requests that are still running when the service stops. */
  readonly shutdownTimeout: number
  /** `max` 0: no limit. */
  readonly rateLimit: { readonly max: number; readonly window: number }
  /** `false`: there is no `/metrics`. */
  readonly metrics: MetricsConfig | false
  /** Milliseconds from one writing of query statistics to the next; `0`: they are not written. */
  readonly queryStatisticsInterval: number
  /** `false`: OpenTelemetry is not even looked for. */
  readonly telemetry: TelemetryConfig | false
  /** The live page; `false`: there is none. */
  readonly dashboard: DashboardConfig | false
  /** Proxies whose word on the caller's address counts. */
  readonly trustProxy: readonly string[]
}

/** One or more environment variables do not fit; the message names each, what was expected and what was given. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** One entry for each variable, in the order of the table. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The environment does not fit:\n${problems.map(problem => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Environment variables by name. */
type Environment = Readonly<Record<string, string | undefined>>
/** What a variable's parser makes of it. */
type Value<N extends VariableName> = Exclude<ReturnType<(typeof VARIABLES)[N]['parse']>, undefined>

/** What is known besides the environment. */
export interface ConfigOptions {
  /** No key for tokens is needed, also in production. Default: false. */
  readonly keyless?: boolean
}

/**
 * Reads the settings from environment variables. Pure: the same `env` gives the same settings.
 * @throws {ConfigError} naming every variable that does not fit, without the value of a secret
 */
export function readConfig(env: Environment, { keyless = false }: ConfigOptions = {}): Config {
  const problems: string[] = []
  const read = reader(env, problems)
  const config = assemble(read)
  if (config.environment === 'production' && !keyless && !hasKey(config.tokens)) {
    problems.push(
      'SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL: expected one of them in production, given neither',
    )
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** Whether any token can be verified at all. */
export function hasKey(tokens: TokenRules): boolean {
  return tokens.secret !== undefined || tokens.jwksUrl !== undefined
}

/** Reads one variable, and notes what is wrong instead of throwing, so that all is told at once. */
type Read = {
  required<N extends VariableName>(name: N): Value<N>
  optional<N extends VariableName>(name: N): Value<N> | undefined
}

function reader(env: Environment, problems: string[]): Read {
  const optional = <N extends VariableName>(name: N): Value<N> | undefined => {
    const variable: Variable<unknown> = VARIABLES[name]
    const given = env[name] === undefined || env[name] === '' ? variable.fallback : env[name]
    if (given === undefined) return undefined
    const value = variable.parse(given)
    if (value === undefined)
      problems.push(`${name}: expected ${variable.expected}, given ${shown(given, variable)}`)
    return value as Value<N> | undefined
  }
  // A variable with a fallback is `undefined` only together with a problem, and then nothing is returned.
  return { optional, required: <N extends VariableName>(name: N) => optional(name) as Value<N> }
}

/** The one place where variables become settings. */
function assemble({ required, optional }: Read): Config {
  const environment = required('NODE_ENV')
  return Object.freeze({
    environment,
    databaseUrl: optional('DATABASE_URL'),
    databasePoolMax: optional('DATABASE_POOL_MAX'),
    cache: cacheConfig(required, optional),
    rowLevelSecurity: ['on', 'true'].includes(required('DIGIS_RLS')),
    host: required('HOST'),
    port: required('PORT'),
    logLevel: required('LOG_LEVEL'),
    tokens: tokenRules(required, optional),
    webhooks: Object.freeze({
      secrets: optional('WEBHOOK_SECRETS') ?? [],
      tolerance: required('WEBHOOK_TOLERANCE'),
    }),
    corsOrigins: required('CORS_ORIGINS'),
    bodyLimit: required('BODY_LIMIT'),
    requestTimeout: required('REQUEST_TIMEOUT'),
    shutdownTimeout: required('SHUTDOWN_TIMEOUT'),
    rateLimit: Object.freeze({ max: required('RATE_LIMIT'), window: required('RATE_LIMIT_WINDOW') }),
    metrics: metricsConfig(required, optional),
    queryStatisticsInterval: required('QUERY_STATISTICS_INTERVAL'),
    telemetry: telemetryConfig(required),
    dashboard: dashboardConfig(environment, required, optional),
    trustProxy: required('TRUST_PROXY'),
  })
}

function cacheConfig(required: Read['required'], optional: Read['optional']): Config['cache'] {
  const redis = optional('REDIS_URL')
  if (required('CACHE') === 'off') return false
  return Object.freeze(redis === undefined ? {} : { redis })
}

function metricsConfig(required: Read['required'], optional: Read['optional']): Config['metrics'] {
  const token = optional('METRICS_TOKEN')
  return required('METRICS') === 'on' && Object.freeze(token === undefined ? {} : { token })
}

/** The option `telemetry` of the pool. */
function telemetryConfig(required: Read['required']): Config['telemetry'] {
  const wish = required('TELEMETRY')
  const told = { traces: wish !== 'metrics', metrics: wish !== 'traces' }
  return wish !== 'off' && Object.freeze(told)
}

/** Off in production and in tests unless something was said. */
function dashboardConfig(
  environment: Config['environment'],
  required: Read['required'],
  optional: Read['optional'],
): Config['dashboard'] {
  const [wish, token] = [required('DASHBOARD'), optional('DASHBOARD_TOKEN')]
  const wanted = wish === 'auto' ? token !== undefined || environment === 'development' : wish === 'on'
  return wanted && Object.freeze(token === undefined ? {} : { token })
}

/** Keys that are not set are absent, not `undefined`, so that `in` and spreading work. */
function tokenRules(required: Read['required'], optional: Read['optional']): TokenRules {
  const secret = optional('SUPABASE_JWT_SECRET')
  const jwksUrl = optional('SUPABASE_JWKS_URL')
  return Object.freeze({
    ...(secret === undefined ? {} : { secret }),
    ...(jwksUrl === undefined ? {} : { jwksUrl }),
    issuers: optional('SUPABASE_JWT_ISSUER') ?? [],
    audiences: required('SUPABASE_JWT_AUDIENCE'),
  })
}

/** What was given, for a message: quoted and cut, or only its length. */
function shown(given: string, variable: Variable<unknown>): string {
  return variable.secret === true
    ? `a value of ${given.length} characters`
    : JSON.stringify(given.slice(0, 80))
}
