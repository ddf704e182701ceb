import type { PoolOptions } from 'holdfast'
import type { DigisCacheOptions } from './cache/digis-cache.js'
import { DigisError } from './digis-error.js'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where the database is, as the environment says: `DATABASE_URL`, or `DB_HOST`, `DB_PORT` (default 5432),
 * `DB_USER`, `DB_PASSWORD` and `DB_NAME`. An empty variable counts as not set.
 *
 * @throws DigisError `DIGIS_NOT_CONFIGURED` naming the variables to set; never repeats a value
 */
export function poolOptionsFrom(environment: Environment): PoolOptions {
  const { DATABASE_URL, DB_HOST, DB_USER, DB_PASSWORD, DB_NAME } = environment
  if (DATABASE_URL) return { connectionString: DATABASE_URL }
  if (!DB_HOST || !DB_USER || !DB_NAME) throw notConfigured(environment)
  return {
    host: DB_HOST,
    port: portFrom(environment),
    user: DB_USER,
    database: DB_NAME,
    ...(DB_PASSWORD && { password: DB_PASSWORD }),
  }
}

/**
 * Where the cache is, as the environment says: in the Redis of `REDIS_URL`, or in this process.
 *
 * @throws DigisError `DIGIS_NOT_CONFIGURED` for a REDIS_URL that is none; never repeats it
 */
export function cacheOptionsFrom({ REDIS_URL }: Environment): DigisCacheOptions {
  if (!REDIS_URL) return {}
  if (/^rediss?:\/\//.test(REDIS_URL) && URL.canParse(REDIS_URL)) return { redis: REDIS_URL }
  const expected = 'REDIS_URL: expected a URL that begins with redis:// or rediss://.'
  throw new DigisError('DIGIS_NOT_CONFIGURED', 'configuration', expected)
}

function portFrom({ DB_PORT }: Environment): number {
  if (!DB_PORT) return 5432
  const port = Number(DB_PORT)
  if (/^\d+$/.test(DB_PORT) && port >= 1 && port <= 65_535) return port
  throw new DigisError('DIGIS_NOT_CONFIGURED', 'configuration', 'DB_PORT: expected a number from 1 to 65535.')
}

function notConfigured(environment: Environment): DigisError {
  const missing = ['DB_HOST', 'DB_USER', 'DB_NAME'].filter(name => !environment[name])
  const begun = missing.length < 3 ? ` Of the latter ${missing.join(' and ')} is missing.` : ''
  return new DigisError(
    'DIGIS_NOT_CONFIGURED',
    'configuration',
    'No database is configured. Set DATABASE_URL to postgres://user:password@host:5432/database, ' +
      `or set DB_HOST, DB_PORT, DB_USER, DB_PASSWORD and DB_NAME.${begun}`,
  )
}
