import { Redis } from 'ioredis'
import { createNotificationPair, Loader, RedisCache } from 'layered-loader'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis', 'both']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'both'

const TTL = { ttlInMsecs: TTL_SECONDS * 1_000 }

/** In process and in Redis, with the notifications that tell other processes what to drop. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const { load, change, end } = openDatabase(connectionString)
  const clients = tier === 'memory' ? [] : connect(redis, tier === 'both' ? 3 : 1)
  const [client, consumerRedis, publisherRedis] = clients
  const notifications =
    consumerRedis &&
    publisherRedis &&
    createNotificationPair({ channel: 'layered-loader', consumerRedis, publisherRedis })
  const loader = new Loader({
    ...(tier !== 'redis' && { inMemoryCache: { ...TTL, cacheType: 'lru-map', maxItems: 10_000 } }),
    ...(client && { asyncCache: new RedisCache(client, { ...TTL, json: true, prefix: 'layered-loader' }) }),
    ...(notifications && {
      notificationConsumer: notifications.consumer,
      notificationPublisher: notifications.publisher,
    }),
    dataSourceGetOneFn: load,
  })
  await loader.init()
  return {
    read: id => loader.get(String(id)),
    write: async id => {
      const version = await change(id)
      await loader.invalidateCacheFor(String(id))
      return version
    },
    close: async () => {
      await end()
      for (const each of clients) each.disconnect()
    },
  }
}

/** @param {string} redis @param {number} count */
function connect(redis, count) {
  return Array.from({ length: count }, () => new Redis(redis, { enableAutoPipelining: true }))
}
