import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, readConfig, VARIABLES } from './config.js'
import type { Variable } from './config-values.js'

const SECRET = 'a-secret-that-nobody-may-ever-read-anywhere'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('an empty environment gives the defaults of development', () => {
  expect(readConfig({})).toEqual({
    environment: 'development',
    databaseUrl: undefined,
    databasePoolMax: undefined,
    cache: {},
    rowLevelSecurity: false,
    host: '127.0.0.1',
    port: 3000,
    logLevel: 'info',
    tokens: { issuers: [], audiences: ['authenticated'] },
    webhooks: { secrets: [], tolerance: 300_000 },
    corsOrigins: [],
    bodyLimit: 262_144,
    requestTimeout: 10_000,
    shutdownTimeout: 10_000,
    metrics: {},
    rateLimit: { max: 600, window: 60_000 },
    queryStatisticsInterval: 60_000,
    telemetry: false,
    dashboard: {},
    trustProxy: [],
  })
})

test('the settings are frozen, the nested ones too', () => {
  const config = readConfig({ CORS_ORIGINS: 'https://a.example' })
  for (const part of [config, config.tokens, config.webhooks, config.rateLimit, config.corsOrigins]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})

test('values are read in their units', () => {
  const config = readConfig({
    BODY_LIMIT: '1MiB',
    REQUEST_TIMEOUT: '2500ms',
    SHUTDOWN_TIMEOUT: '0',
    RATE_LIMIT_WINDOW: '5m',
    CORS_ORIGINS: 'https://a.example, http://localhost:5173',
    SUPABASE_JWT_ISSUER: 'https://x.example/auth/v1',
  })
  expect(config.bodyLimit).toBe(1_048_576)
  expect(config.requestTimeout).toBe(2_500)
  expect(config.shutdownTimeout).toBe(0)
  expect(config.rateLimit.window).toBe(300_000)
  expect(config.corsOrigins).toEqual(['https://a.example', 'http://localhost:5173'])
  expect(config.tokens.issuers).toEqual(['https://x.example/auth/v1'])
})

test.each([
  ['NODE_ENV', 'staging', 'NODE_ENV: expected one of development, production, test, given "staging"'],
  ['PORT', '70000', 'PORT: expected a whole number from 0 to 65535, given "70000"'],
  ['PORT', '-1', 'PORT: expected a whole number from 0 to 65535, given "-1"'],
  ['BODY_LIMIT', '2 cows', 'BODY_LIMIT: expected a size such as 256KiB or 1MiB'],
  ['REQUEST_TIMEOUT', '0', 'REQUEST_TIMEOUT: expected a duration such as 500ms, 10s or 5m'],
  ['CORS_ORIGINS', 'https://a.example/', 'CORS_ORIGINS: expected origins such as'],
  [
    'SUPABASE_JWKS_URL',
    'ftp://a.example',
    'SUPABASE_JWKS_URL: expected a URL starting with https:// or http://',
  ],
  ['WEBHOOK_SECRETS', 'whsec_short', 'WEBHOOK_SECRETS: expected secrets such as whsec_'],
  ['WEBHOOK_TOLERANCE', '1d', 'WEBHOOK_TOLERANCE: expected a duration such as'],
  ['TRUST_PROXY', 'true', 'TRUST_PROXY: expected IP addresses or networks'],
  ['QUERY_STATISTICS_INTERVAL', '1ms', 'QUERY_STATISTICS_INTERVAL: expected 0, or a duration such as 30s'],
  ['QUERY_STATISTICS_INTERVAL', '-1', 'QUERY_STATISTICS_INTERVAL: expected 0, or a duration such as 30s'],
  ['TELEMETRY', 'true', 'TELEMETRY: expected one of off, on, traces, metrics, given "true"'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL: expected one of trace'],
])('%s=%s is refused with what was expected and what was given', (name, value, message) => {
  expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(message)])
})

test('the cache is in this process, in the Redis of REDIS_URL, or off', () => {
  const cacheOf = (env: Record<string, string>) => readConfig(env).cache
  expect(cacheOf({ REDIS_URL: 'rediss://cache.example:6380/1' })).toEqual({
    redis: 'rediss://cache.example:6380/1',
  })
  expect(cacheOf({ REDIS_URL: 'redis://cache.example', CACHE: 'off' })).toBe(false)
  expect(problemsOf({ REDIS_URL: `http://me:${SECRET}@host` }).join()).not.toContain(SECRET)
})

test('requests run under their identities only when that is switched on', () => {
  const rls = (DIGIS_RLS?: string) => readConfig({ ...(DIGIS_RLS && { DIGIS_RLS }) }).rowLevelSecurity
  expect([rls(), rls('off'), rls('false'), rls('on'), rls('true')]).toEqual([false, false, false, true, true])
  expect(problemsOf({ DIGIS_RLS: 'yes' })).toEqual([
    expect.stringContaining('DIGIS_RLS: expected one of on, off'),
  ])
})

test.each([
  ['off', false],
  ['on', { traces: true, metrics: true }],
  ['traces', { traces: true, metrics: false }],
  ['metrics', { traces: false, metrics: true }],
])('with TELEMETRY=%s the option of the pool is %j', (TELEMETRY, telemetry) => {
  expect(readConfig({ TELEMETRY }).telemetry).toEqual(telemetry)
})

test('query statistics are written every minute, at another pace, or never', () => {
  const every = (QUERY_STATISTICS_INTERVAL: string) =>
    readConfig({ QUERY_STATISTICS_INTERVAL }).queryStatisticsInterval
  expect([every(''), every('0'), every('1s'), every('15m')]).toEqual([60_000, 0, 1_000, 900_000])
})

test('secrets of webhooks are bytes, several while one replaces another', () => {
  const [one, two] = ['a'.repeat(24), 'b'.repeat(32)]
  const given = [one, two].map(secret => `whsec_${Buffer.from(secret).toString('base64')}`).join(', ')
  expect(readConfig({ WEBHOOK_SECRETS: given }).webhooks.secrets.map(String)).toEqual([one, two])
  expect(problemsOf({ WEBHOOK_SECRETS: `${given},${SECRET}` }).join()).not.toContain(SECRET)
})

test('every variable that does not fit is named at once', () => {
  expect(problemsOf({ PORT: 'x', BODY_LIMIT: 'x', RATE_LIMIT: 'x' })).toHaveLength(3)
})

test('the value of a secret never appears in a message', () => {
  const problems = problemsOf({
    SUPABASE_JWT_SECRET: 'short-secret',
    DATABASE_URL: `mysql://me:${SECRET}@host/db`,
  })
  expect(problems).toHaveLength(2)
  expect(problems.join()).not.toContain('short-secret')
  expect(problems.join()).not.toContain(SECRET)
  expect(problems.join()).toContain('a value of 12 characters')
})

test('production needs a key for tokens, whichever it is', () => {
  expect(problemsOf({ NODE_ENV: 'production' }).join()).toContain('SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL')
  expect(problemsOf({ NODE_ENV: 'production', SUPABASE_JWT_SECRET: SECRET })).toEqual([])
  expect(problemsOf({ NODE_ENV: 'production', SUPABASE_JWKS_URL: 'https://a.example/jwks' })).toEqual([])
})

test('the README lists exactly the variables of the code, with their defaults and meaning', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = readme
    .split('\n')
    .filter(line => /^\| `[A-Z_]+`/.test(line))
    .map(line => line.replace(/ +\|/g, ' |'))
  const expected = Object.entries(VARIABLES).map(([name, variable]: [string, Variable<unknown>]) => {
    const fallback = variable.fallback ? `\`${variable.fallback}\`` : '–'
    return `| \`${name}\` | ${fallback} | ${variable.about} |`
  })
  expect(rows).toEqual(expected)
})

test.each([
  [{}, {}],
  [{ DASHBOARD: 'off' }, false],
  [{ NODE_ENV: 'test' }, false],
  [{ NODE_ENV: 'production' }, false],
  [{ NODE_ENV: 'production', DASHBOARD: 'on' }, {}],
  [{ NODE_ENV: 'production', DASHBOARD_TOKEN: 'x'.repeat(16) }, { token: 'x'.repeat(16) }],
  [{ DASHBOARD: 'off', DASHBOARD_TOKEN: 'x'.repeat(16) }, false],
] as const)('with %j the live page is %j', (env, dashboard) => {
  expect(readConfig(env, { keyless: true }).dashboard).toEqual(dashboard)
})

test('a token of the live page that could be guessed is refused, and not repeated', () => {
  const problems = problemsOf({ DASHBOARD_TOKEN: 'guess-me' })
  expect(problems).toEqual([
    'DASHBOARD_TOKEN: expected at least 16 characters, given a value of 8 characters',
  ])
})
