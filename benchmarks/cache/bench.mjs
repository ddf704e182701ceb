import { startPostgres, startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import pg from 'pg'
import { Contender } from '../measure/contender.mjs'
import { RIVAL_NAMES } from '../rivals/rival.mjs'
import { SCHEMA } from './data.mjs'

/**
 * What every measurement of the cache benchmark works with.
 *
 * @typedef {import('../rivals/rival.mjs').RivalName} RivalName
 * @typedef {import('../rivals/rival.mjs').Tier} Tier
 * @typedef {{ rounds: number, sliceMillis: number, warmUpMillis: number, contendMillis: number, fleets: RivalName[] }} Pace `fleets`: whose
 *   coherence is measured
 * @typedef {{ pace: Pace, admin: pg.Pool, urls: { connectionString: string, redis: string },
 *   forget: () => Promise<void> }} Bench
 */

/** How long things take, in milliseconds. @type {{ full: Pace, quick: Pace }} */
export const PACES = {
  full: { rounds: 11, sliceMillis: 200, warmUpMillis: 1_200, contendMillis: 5_000, fleets: RIVAL_NAMES },
  quick: {
    rounds: 3,
    sliceMillis: 60,
    warmUpMillis: 250,
    contendMillis: 500,
    fleets: ['holdfast', 'none', 'keyv'],
  },
}

/**
 * Runs something on a PostgreSQL and a Redis of its own, filled with the data.
 *
 * @template T
 * @param {Pace} pace
 * @param {(bench: Bench) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withBench(pace, run) {
  const settings = { max_connections: 400, shared_preload_libraries: 'pg_stat_statements' }
  const [database, redis] = await Promise.all([startPostgres({ settings }), startRedis()])
  const admin = new pg.Pool({ connectionString: database.url, max: 1, idleTimeoutMillis: 0 })
  // A pool of pg's has ended before its connections have, and the server is ended next.
  admin.on('error', () => undefined)
  const client = createClient({ url: redis.url })
  try {
    await client.connect()
    // One by one: VACUUM must not stand in a transaction.
    for (const statement of SCHEMA.split(/;\n/)) await admin.query(statement)
    const urls = { connectionString: database.url, redis: redis.url }
    /** No contender finds what another kept, or what it kept itself for an earlier measurement. */
    const forget = async () => void (await client.flushAll())
    return await run({ pace, admin, urls, forget })
  } finally {
    client.destroy()
    await admin.end()
    await Promise.all([database[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()])
  }
}

/**
 * Runs something with one process for each of some contenders.
 *
 * @template T
 * @param {readonly { label: string, name: RivalName, tier: Tier }[]} wanted
 * @param {Bench['urls']} urls
 * @param {(contenders: Map<string, Contender>) => Promise<T>} run
 */
export async function withContenders(wanted, urls, run) {
  const started = wanted.map(async ({ label, name, tier }) => {
    return /** @type {const} */ ([label, await Contender.start(name, { ...urls, tier })])
  })
  const contenders = new Map(await Promise.all(started))
  try {
    return await run(contenders)
  } finally {
    await Promise.all([...contenders.values()].map(contender => contender.stop()))
  }
}
