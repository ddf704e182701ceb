import { readConfig, serve } from '@holdfast/api'
import { startDemoDatabase } from './demo-database.mjs'
import { demoFaults, startDemoRedis } from './demo-faults.mjs'
import { checkGivenDatabase } from './given-database.mjs'
import { paint } from './terminal.mjs'

const FIRST_PORT = 3000
const LAST_PORT = 3099

/**
 * A running service.
 *
 * @typedef {{ stop: () => Promise<void>, abandon: () => void }} Service `stop` drains and ends everything;
 *   `abandon` leaves what has not ended yet to its guardian
 */

/**
 * Starts the service on the server of `DATABASE_URL`, or on an embedded one with demo data.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Service>}
 * @throws Error for an environment that does not fit, before anything is started or connected to
 */
export async function startService(env) {
  readConfig(env, { keyless: !env.DATABASE_URL })
  return env.DATABASE_URL ? serveGiven(env, env.DATABASE_URL) : serveDemo(env)
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} databaseUrl
 * @returns {Promise<Service>}
 */
async function serveGiven(env, databaseUrl) {
  await checkGivenDatabase(databaseUrl, env.HOLDFAST_MIGRATE === '1')
  const served = await serveOnPort({ databaseUrl }, env.PORT)
  console.log(
    `\nDIGIS answers on ${paint('bold', served.address)}, its API is described on ${served.address}/api/docs\n` +
      whereCached(env),
  )
  return { stop: () => served.close(), abandon: () => {} }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Service>}
 */
async function serveDemo(env) {
  if (env.NODE_ENV === 'production') {
    throw new Error(
      'NODE_ENV=production needs DATABASE_URL: the demo, with its made-up data, is for trying only.',
    )
  }
  const database = await startDemoDatabase()
  /** @type {import('@holdfast/testkit').RedisServer | undefined} */
  let redis
  const stop = async () => {
    await redis?.[Symbol.asyncDispose]()
    await database.stop()
  }
  try {
    redis = await startDemoRedis(env)
    const given = redis === undefined ? env : { ...env, REDIS_URL: redis.url }
    const options = { databaseUrl: database.url, demo: true, demoFaults: demoFaults(database.server, redis) }
    const served = await serveOnPort({ ...options, env: given }, env.PORT)
    database.announce(served.address)
    sayWhatToTry(
      served,
      redis ? 'Reads are cached in a Redis that was started for the demo.' : whereCached(env),
    )
    return { stop: () => served.close().finally(stop), abandon: () => database.abandon() }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * @param {Omit<import('@holdfast/api').ServeOptions, 'port'>} options
 * @param {string | undefined} givenPort absent or empty: the first free one from 3000
 */
async function serveOnPort(options, givenPort) {
  const last = givenPort ? Number(givenPort) : LAST_PORT
  for (let port = givenPort ? last : FIRST_PORT; ; port += 1) {
    try {
      return await serve({ ...options, port })
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error
      if (port < last) continue
      const taken = givenPort ? `Port ${port} is` : `All ports from ${FIRST_PORT} to ${LAST_PORT} are`
      throw new Error(`${taken} in use. Choose another: PORT=4000 npm start`)
    }
  }
}

/** @param {NodeJS.ProcessEnv} env */
function whereCached(env) {
  const { cache } = readConfig(env, { keyless: true })
  if (!cache) return 'Nothing is cached (CACHE=off).'
  return cache.redis ? 'Reads are cached in Redis (REDIS_URL).' : 'Reads are cached in this process.'
}

/** @param {import('@holdfast/api').Served} served @param {string} cached */
function sayWhatToTry({ address, demoTokens }, cached) {
  console.log(`
${paint('bold', `DIGIS answers on ${address}`)}, its API is described on ${address}/api/docs
${cached}
${paint('bold', `See everything live on ${address}/dashboard`)}, and pull a plug there

Try it in another terminal:
  ${paint('cyan', `curl '${address}/api/creators?limit=3'`)}
  ${paint('cyan', `curl '${address}/api/creators/search?q=yoga&limit=3'`)}
  ${paint('cyan', `curl '${address}/api/users/me/tokens' -H 'Authorization: Bearer ${demoTokens?.fan}'`)}

That was the token of a fan. The token of a creator, for ${address}/api/users/me/earnings:
  ${demoTokens?.creator}

Ctrl-C stops everything.
`)
}
