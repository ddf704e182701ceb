import type { EndOptions } from 'holdfast'
import { createDigis, type Digis } from './digis.js'
import { poolOptionsFrom } from './environment.js'
import { reportEveryMinute } from './stats/pool-report.js'

// The compatible module: an application replaces its own database module by this one and keeps its calls. The
// environment is read and the pool made at the first call, so that loading the module neither connects nor fails.

let digis: Digis | undefined

function instance(): Digis {
  if (digis === undefined) {
    digis = createDigis(poolOptionsFrom(process.env))
    if (process.env.NODE_ENV === 'production') reportEveryMinute(digis.pool, line => console.info(line))
  }
  return digis
}

type Asynchronous = {
  [N in keyof Digis]: Digis[N] extends (...args: never[]) => Promise<unknown> ? N : never
}[keyof Digis]

/** The function of that name on the instance made by the first call; without configuration it rejects. */
function later<N extends Asynchronous | 'query' | 'executeQuery'>(name: N): Digis[N] {
  const call = async (...args: unknown[]) => (instance()[name] as (...args: unknown[]) => unknown)(...args)
  return call as Digis[N]
}

export const createUser = later('createUser')
export const getUserById = later('getUserById')
export const getUserBySupabaseId = later('getUserBySupabaseId')
export const updateUserProfile = later('updateUserProfile')

export const getCreators = later('getCreators')
export const listCreators = later('listCreators')
export const searchCreators = later('searchCreators')
export const searchCreatorsPage = later('searchCreatorsPage')

export const createSession = later('createSession')
export const endSession = later('endSession')
export const getSessionById = later('getSessionById')
export const getUserSessions = later('getUserSessions')
export const listUserSessions = later('listUserSessions')
export const getActiveSessions = later('getActiveSessions')

export const createPayment = later('createPayment')
export const getPaymentHistory = later('getPaymentHistory')
export const listPayments = later('listPayments')
export const getCreatorEarnings = later('getCreatorEarnings')

export const atomicTokenUpdate = later('atomicTokenUpdate')
export const getTokenBalance = later('getTokenBalance')

export const query = later('query')
export const executeQuery = later('executeQuery')
export const getClient = later('getClient')
export const transaction = later('transaction')
export const withTransaction = later('withTransaction')

export const testConnection = later('testConnection')
export const healthCheck = later('healthCheck')
export const addMissingColumns = later('addMissingColumns')

/** @throws DigisError `DIGIS_NOT_CONFIGURED` */
export const getPoolStats: Digis['getPoolStats'] = () => instance().getPoolStats()

export { noCache as cacheUtils } from './stats/cache-access.js'

/** As of now; zeros before the first call. */
export const queryMetrics: Digis['queryMetrics'] = Object.freeze({
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

function metrics(): Digis['queryMetrics'] {
  return digis?.queryMetrics ?? NO_QUERIES
}

const NO_QUERIES = { totalQueries: 0, failedQueries: 0, avgDuration: 0, slowQueries: 0 }

/** Ends the pool, if there is one. The next call makes a new one. */
export async function end(options?: EndOptions): Promise<void> {
  const ending = digis
  digis = undefined
  await ending?.end(options)
}
