import type { CacheOptions, Pool } from 'holdfast'
import { type CacheClient, type ClosableCache, noCache } from './cache-access.js'
import { processCache } from './process-cache.js'
import { redisCache } from './redis-cache.js'

/** The option `cache` that a pool was made with. */
function optionOf(pool: Pool): CacheOptions | undefined {
  return (pool.options as { cache?: CacheOptions }).cache
}

/** Whether a pool caches at all, be it that its Redis is away. */
export function isCached(pool: Pool): boolean {
  return optionOf(pool) !== undefined
}

/** The application's own cache beside that of the pool: in the same Redis, or else in the same process. */
export function cacheBeside(pool: Pool): ClosableCache {
  const options = optionOf(pool)
  if (options === undefined) return noCache
  const { redis } = options
  if (typeof redis === 'string') return redisCache(redis)
  return isClient(redis) ? redisCache(redis) : processCache()
}

/** Not so a description of sentinels or of a cluster. */
function isClient(redis: object | undefined): redis is CacheClient {
  return redis !== undefined && 'isReady' in redis && 'get' in redis
}
