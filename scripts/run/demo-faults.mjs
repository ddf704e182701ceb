import { setTimeout as delay } from 'node:timers/promises'
import { findProgram, startRedis } from '@holdfast/testkit'

/** Milliseconds until a killed server is started again: coming back takes a while too, and requests have 5 s of patience. */
const DEAD = 1_000
/** Milliseconds for which a server is frozen. */
const FROZEN = 3_000

/**
 * What the buttons of the demo's live page do.
 *
 * @param {import('@holdfast/testkit').PostgresServer} database
 * @param {import('@holdfast/testkit').RedisServer | undefined} redis
 */
export function demoFaults(database, redis) {
  return {
    killDatabase: () => killFor(database),
    stallDatabase: async () => {
      database.pause()
      await delay(FROZEN)
      database.resume()
    },
    ...(redis && { killRedis: () => killFor(redis) }),
  }
}

/** @param {{ kill(): Promise<void>, start(): Promise<void> }} server */
async function killFor(server) {
  await server.kill()
  await delay(DEAD)
  await server.start()
}

/**
 * A Redis for the demo to share its cache in, where the machine has one and the environment names no other.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import('@holdfast/testkit').RedisServer | undefined>}
 */
export async function startDemoRedis(env) {
  if (env.REDIS_URL || env.CACHE === 'off' || findProgram('redis-server') === undefined) return undefined
  return startRedis()
}
