import KeyvRedis from '@keyv/redis'
import { createCache } from 'cache-manager'
import { CacheableMemory } from 'cacheable'
import { Keyv } from 'keyv'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis']
/** Redis alone: with memory before it, no other process ever hears of a write. */
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'redis'

const TTL = TTL_SECONDS * 1_000

/** `wrap` in front of the load, `del` after a write. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const { load, change, end } = openDatabase(connectionString)
  const store = tier === 'redis' ? new KeyvRedis(redis) : new CacheableMemory({ ttl: TTL, lruSize: 10_000 })
  const cache = createCache({ stores: [new Keyv({ store, namespace: 'cache-manager' })], ttl: TTL })
  return {
    read: id => cache.wrap(`wide:${id}`, () => load(id)),
    write: async id => {
      const version = await change(id)
      await cache.del(`wide:${id}`)
      return version
    },
    close: async () => {
      await Promise.all([end(), cache.disconnect()])
    },
  }
}
