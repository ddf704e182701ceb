import { createCache } from 'async-cache-dedupe'
import { Redis } from 'ioredis'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'redis'

/** One storage, with invalidation by references. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const { load, change, end } = openDatabase(connectionString)
  const client = tier === 'redis' ? new Redis(redis, { enableAutoPipelining: true }) : undefined
  const cache = createCache({
    ttl: TTL_SECONDS,
    storage: client
      ? { type: 'redis', options: { client, invalidation: { referencesTTL: TTL_SECONDS } } }
      : { type: 'memory', options: { size: 10_000, invalidation: true } },
  }).define('wide', { references: id => [referenceOf(id)] }, load)
  return {
    read: id => cache.wide(id),
    write: async id => {
      const version = await change(id)
      await cache.invalidateAll(referenceOf(id))
      return version
    },
    close: async () => {
      await end()
      client?.disconnect()
    },
  }
}

/** @param {number} id */
function referenceOf(id) {
  return `wide~${id}`
}
