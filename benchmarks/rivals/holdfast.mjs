import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'holdfast'
import { READ, TTL_SECONDS, versionOf, WRITE } from '../cache/data.mjs'
import { POOL_OPTIONS } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis', 'both']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'both'

/** Too little for one row: every hit comes from Redis. */
const NO_MEMORY = 1_024

/** Nothing but plain queries: what they depend on and what a write invalidates is our business. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const pool = new Pool({
    connectionString,
    ...POOL_OPTIONS,
    cache: {
      tables: { wide: `${TTL_SECONDS}s` },
      ...(tier !== 'memory' && { redis }),
      ...(tier === 'redis' && { maxBytes: NO_MEMORY }),
    },
  })
  await connected(pool)
  return {
    read: id => pool.query(READ, [id]),
    rowOf: result => result.rows[0],
    write: async id => versionOf((await pool.query(WRITE, [id])).rows[0]),
    close: () => pool.end(),
  }
}

/**
 * Waits until Redis answers: until then reads go to the database, and this is no benchmark of starting.
 *
 * @param {Pool} pool
 * @throws {Error} when it takes longer than 5 s
 */
export async function connected(pool) {
  await pool.query(READ, [0])
  for (let waited = 0; !pool.cache.stats().enabled; waited++) {
    if (waited === 500) throw new Error('Redis did not become available within 5 s.')
    await delay(10)
  }
}
