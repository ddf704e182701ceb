import type { EndOptions } from 'holdfast'
import { type CacheAccess, noCache } from './cache/cache-access.js'
import { createDigis, type Digis } from './digis.js'
import { cacheOptionsFrom, poolOptionsFrom } from './environment.js'
import type { IdempotencyService } from './idempotency/idempotency-service.js'
import { reportEveryMinute } from './stats/pool-report.js'

type Asynchronous = {
  [N in keyof Digis]: Digis[N] extends (...args: never[]) => Promise<unknown> ? N : never
}[keyof Digis]
/** The old platform knew no keys of requests. */
type Callable = Exclude<Asynchronous, 'end' | keyof IdempotencyService> | 'query' | 'executeQuery'

/** What an application of the old platform finds in its database module. */
export type CompatibleModule = Pick<Digis, Callable | 'getPoolStats' | 'queryMetrics' | 'cacheUtils'> & {
  /** Ends the pool, if there is one. The next call makes a new one. */
  end(options?: EndOptions): Promise<void>
}

/**
 * The compatible module: an application replaces its own database module by this one and keeps its calls. The
 * environment is read and the pool made at the first call, so that loading the module neither connects nor fails.
 */
export function compatibleModule({ cached }: { cached: boolean }): CompatibleModule {
  let digis: Digis | undefined
  function instance(): Digis {
    digis ??= fromEnvironment(cached)
    return digis
  }
  const calls = Object.fromEntries(
    (Object.keys(CALLABLE) as Callable[]).map(name => [name, later(instance, name)]),
  )
  return {
    ...(calls as Pick<Digis, Callable>),
    getPoolStats: () => instance().getPoolStats(),
    queryMetrics: metricsOf(() => digis),
    cacheUtils: cached ? cacheLater(instance) : noCache,
    async end(options) {
      const ending = digis
      digis = undefined
      await ending?.end(options)
    },
  }
}

function fromEnvironment(cached: boolean): Digis {
  const { env } = process
  const digis = createDigis({ ...poolOptionsFrom(env), cache: cached && cacheOptionsFrom(env) })
  if (env.NODE_ENV === 'production') reportEveryMinute(digis.pool, line => console.info(line))
  return digis
}

/** The function of that name on the instance made by the first call; without configuration it rejects. */
function later(instance: () => Digis, name: Callable) {
  return async (...args: unknown[]) => (instance()[name] as (...args: unknown[]) => unknown)(...args)
}

/** As of now; zeros before the first call. */
function metricsOf(digis: () => Digis | undefined): Digis['queryMetrics'] {
  const metrics = () => digis()?.queryMetrics ?? NO_QUERIES
  return Object.freeze({
    get totalQueries() {
      return metrics().totalQueries
    },
    get failedQueries() {
      return metrics().failedQueries
    },
    get avgDuration() {
      return metrics().avgDuration
    },
    get slowQueries() {
      return metrics().slowQueries
    },
  })
}

const NO_QUERIES = { totalQueries: 0, failedQueries: 0, avgDuration: 0, slowQueries: 0 }

/** Never rejects: without configuration it is the cache that is not there. */
function cacheLater(instance: () => Digis): CacheAccess {
  const access = () => {
    try {
      return instance().cacheUtils
    } catch {
      return noCache
    }
  }
  return Object.freeze({
    get: async key => access().get(key),
    set: async (key, value, ttl) => access().set(key, value, ttl),
    delete: async key => access().delete(key),
    get client() {
      return access().client
    },
  } satisfies CacheAccess)
}

/** All of them: one that is missing does not compile. */
const CALLABLE: Readonly<Record<Callable, true>> = {
  createUser: true,
  getUserById: true,
  getUserBySupabaseId: true,
  updateUserProfile: true,
  getCreators: true,
  listCreators: true,
  searchCreators: true,
  searchCreatorsPage: true,
  searchHealth: true,
  createSession: true,
  endSession: true,
  getSessionById: true,
  getUserSessions: true,
  listUserSessions: true,
  getActiveSessions: true,
  createPayment: true,
  getPaymentHistory: true,
  listPayments: true,
  getCreatorEarnings: true,
  getCreatorDays: true,
  atomicTokenUpdate: true,
  getTokenBalance: true,
  query: true,
  executeQuery: true,
  getClient: true,
  transaction: true,
  withTransaction: true,
  testConnection: true,
  healthCheck: true,
  addMissingColumns: true,
}
