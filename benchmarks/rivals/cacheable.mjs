import KeyvRedis from '@keyv/redis'
import { RedisMessageProvider } from '@qified/redis'
import { Cacheable } from 'cacheable'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/** Its first tier is always in process. @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'both']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'both'

/** With several processes: Redis as second tier, and CacheSync, which tells other processes what to drop. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const { load, change, end } = openDatabase(connectionString)
  const provider = tier === 'both' ? new RedisMessageProvider({ uri: redis }) : undefined
  const cache = new Cacheable({
    ttl: `${TTL_SECONDS}s`,
    namespace: 'cacheable',
    ...(provider && { secondary: new KeyvRedis(redis), sync: { qified: provider } }),
  })
  return {
    read: id => cache.getOrSet(`wide:${id}`, () => load(id)),
    write: async id => {
      const version = await change(id)
      await cache.delete(`wide:${id}`)
      return version
    },
    close: async () => {
      await Promise.all([end(), cache.disconnect(), provider?.disconnect()])
    },
  }
}
