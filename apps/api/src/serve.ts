import { APP_SERVICE, createDigis, type Digis, digisCache, digisRls } from '@holdfast/digis'
import type { FastifyBaseLogger } from 'fastify'
import { Pool } from 'holdfast'
import type { App } from './app.js'
import { type Config, hasKey, readConfig, type TokenRules } from './config.js'
import { databaseIdentity } from './database-identity.js'
import { createDemoTokens, type DemoTokens } from './demo-tokens.js'
import { drain, type Ending } from './drain.js'
import { forgetOldKeys } from './forget-keys.js'
import { keepMaintained } from './keep-maintained.js'
import { keepQueryStatistics } from './keep-query-statistics.js'
import type { DemoFaults } from './live/demo-controls.js'
import { createLivePage, type LivePage } from './live/live-page.js'
import { createLogger } from './logger.js'
import { refreshStats } from './refresh-stats.js'
import { rememberVerified } from './remember-verified.js'
import { buildServer } from './server.js'
import { createTokenVerifier } from './verify-token.js'

/** What is served and where. */
export interface ServeOptions {
  readonly databaseUrl: string
  /** `0` takes a free one. */
  readonly port: number
  /** Default: `HOST` of the environment. */
  readonly host?: string
  /** Makes tokens to try the service with, the only ones it accepts. Default: false. */
  readonly demo?: boolean
  /** What the buttons of the demo's live page do to its servers. Default: no buttons. */
  readonly demoFaults?: DemoFaults
  /** Where all other settings come from. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default: lines on standard output. */
  readonly logger?: FastifyBaseLogger
}

/** A service that listens. */
export interface Served {
  /** Such as `http://127.0.0.1:3000`. */
  readonly address: string
  /** Stops accepting, lets requests in flight finish and ends the connections to the database. Safe to call again. */
  close(): Promise<void>
  /** Only in the demo. */
  readonly demoTokens?: DemoTokens
}

/**
 * Starts the service on an existing, migrated database. It connects when the first request needs it.
 * @throws {ConfigError} for settings that do not fit
 * @throws {Error} when the port is taken, or for the demo in production
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const env = options.env ?? process.env
  const demo = options.demo === true ? await demoTokens(env.NODE_ENV) : undefined
  const config = withRules(readConfig(env, { keyless: demo !== undefined }), demo?.rules)
  const logger = options.logger ?? createLogger(config)
  if (!hasKey(config.tokens))
    logger.warn(
      'No key for tokens is set, so only public routes answer (SUPABASE_JWT_SECRET, SUPABASE_JWKS_URL).',
    )
  const pool = createPool(options.databaseUrl, config, logger)
  let address = ''
  const livePage = makeLivePage({ options, pool, config, logger, demo, address: () => address })
  try {
    const digis = createDigis({ pool })
    const app = await createApp({ config, digis, logger, livePage })
    const stopForgetting = forgetOldKeys(forgetting(digis, config), logger)
    const { rowLevelSecurity } = config
    const stopRefreshing = refreshStats({ databaseUrl: options.databaseUrl, logger, rowLevelSecurity })
    const stopMaintaining = keepMaintained(rowLevelSecurity ? pool.as(APP_SERVICE) : pool, logger)
    app.addHook('onClose', async () => {
      stopForgetting()
      stopMaintaining()
      await stopRefreshing()
    })
    address = await app.listen({ port: options.port, host: options.host ?? config.host })
    const statistics = keepStatistics({ pool, databaseUrl: options.databaseUrl, config, logger })
    return {
      address,
      close: closer(app, [pool, ...statistics], config),
      ...(demo === undefined ? {} : { demoTokens: demo.tokens }),
    }
  } catch (error) {
    await Promise.all([pool.end(), livePage?.close()])
    throw error
  }
}

/** What the live page is put together from. */
interface LiveParts {
  readonly options: ServeOptions
  readonly pool: Pool
  readonly config: Config
  readonly logger: FastifyBaseLogger
  readonly demo: { readonly service: string } | undefined
  readonly address: () => string
}

function makeLivePage({ options, pool, config, logger, demo, address }: LiveParts): LivePage | undefined {
  if (config.dashboard === false) return undefined
  const { databaseUrl, demoFaults: faults } = options
  return createLivePage({
    pool,
    databaseUrl,
    redisUrl: config.cache === false ? undefined : config.cache.redis,
    token: config.dashboard.token,
    logger,
    demo: demo && faults && { faults, token: demo.service, address },
  })
}

async function demoTokens(environment = 'development') {
  // Nothing of the demo is loaded where there is none.
  const { demoCreator, demoFan } = await import('@holdfast/digis/demo')
  return createDemoTokens({ fan: demoFan.supabase_id, creator: demoCreator.supabase_id }, environment)
}

/** In the demo, the keys of the environment do not count: only the tokens it printed do. */
function withRules(config: Config, rules: TokenRules | undefined): Config {
  return rules === undefined ? config : Object.freeze({ ...config, tokens: rules })
}

/** Everything but its size is the pool's own default: 5 s to connect, 30 s for a query at most. */
function createPool(
  connectionString: string,
  { databasePoolMax, cache, rowLevelSecurity, telemetry }: Config,
  logger: FastifyBaseLogger,
): Pool {
  return new Pool({
    connectionString,
    name: 'api',
    logger,
    cache: cache && digisCache(cache),
    rls: rowLevelSecurity && digisRls,
    telemetry,
    ...(databasePoolMax === undefined ? {} : { max: databasePoolMax }),
  })
}

/** What the service is put together from. */
interface Parts {
  readonly config: Config
  readonly digis: Digis
  readonly logger: FastifyBaseLogger
  readonly livePage: LivePage | undefined
}

/** Ties the parts together: each request's queries get what is left of its time, and are cancelled with it. */
function createApp({ config, digis, logger, livePage }: Parts): Promise<App> {
  const identityOf = config.rowLevelSecurity ? databaseIdentity : undefined
  return buildServer({
    config,
    pool: digis.pool,
    livePage,
    logger,
    digisWithin: ({ signal, remaining }, identity) =>
      digis.with({ signal, timeout: remaining(), as: identityOf?.(identity) }),
    identityOf,
    applyOnce: digis.applyOnce,
    verifyToken: rememberVerified(createTokenVerifier(config.tokens)),
  })
}

/** Whose-ever the keys are, it is a job of the service's own. */
function forgetting({ forgetOldKeys: forget }: Digis, { rowLevelSecurity }: Config) {
  return { forgetOldKeys: () => forget(rowLevelSecurity ? { as: APP_SERVICE } : {}) }
}

/** Nothing, where they are not to be kept. */
function keepStatistics({
  config,
  ...parts
}: Pick<ServeOptions, 'databaseUrl'> & Pick<LiveParts, 'pool' | 'config' | 'logger'>): Ending[] {
  const { queryStatisticsInterval: everyMillis, rowLevelSecurity } = config
  return everyMillis === 0 ? [] : [keepQueryStatistics({ ...parts, rowLevelSecurity, everyMillis })]
}

/** Closing again waits for the first time. */
function closer(app: App, endings: readonly Ending[], { shutdownTimeout: timeout }: Config) {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= drain({ app, endings, timeout })
    return closing
  }
}
