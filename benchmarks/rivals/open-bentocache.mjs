import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { Redis } from 'ioredis'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/**
 * Memory, Redis, or both with the bus that tells other processes what to drop.
 *
 * @param {import('./rival.mjs').Setup} setup
 * @param {{ serialize?: false }} memoryOptions
 * @returns {Promise<import('./rival.mjs').Session>}
 */
export async function openBentocache({ connectionString, redis, tier }, memoryOptions) {
  const { load, change, end } = openDatabase(connectionString)
  const memory = memoryDriver({ maxItems: 10_000, ...memoryOptions })
  const cache = new BentoCache({
    default: 'wide',
    ttl: `${TTL_SECONDS}s`,
    stores: { wide: storeOf(tier, { memory, redis }) },
  })
  return {
    read: id => cache.getOrSet({ key: `wide:${id}`, factory: () => load(id) }),
    write: async id => {
      const version = await change(id)
      await cache.delete({ key: `wide:${id}` })
      return version
    },
    close: async () => {
      await Promise.all([end(), cache.disconnectAll()])
    },
  }
}

/**
 * @param {import('./rival.mjs').Tier} tier
 * @param {{ memory: ReturnType<typeof memoryDriver>, redis: string }} parts
 */
function storeOf(tier, { memory, redis }) {
  if (tier === 'memory') return bentostore().useL1Layer(memory)
  const shared = redisDriver({ connection: new Redis(redis, { enableAutoPipelining: true }) })
  if (tier === 'redis') return bentostore().useL2Layer(shared)
  const { hostname: host, port } = new URL(redis)
  const bus = redisBusDriver({ connection: { host, port: Number(port) } })
  return bentostore().useL1Layer(memory).useL2Layer(shared).useBus(bus)
}
