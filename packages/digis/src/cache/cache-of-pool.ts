import type { CacheOptions, Pool } from 'holdfast'
import { type CacheClient, type ClosableCache, noCache } from './cache-access.js'
import { processCache } from './process-cache.js'
import { redisCache } from './redis-cache.js'

/** The application's own cache beside that of the pool: in the same Redis, or else in the same process. */
export function cacheBeside(pool: Pool): ClosableCache {
  // The option that the pool was made with.
  const { cache } = pool.options as { cache?: CacheOptions }
  if (cache === undefined) return noCache
  const { redis } = cache
  if (typeof redis === 'string') return redisCache(redis)
  return isClient(redis) ? redisCache(redis) : processCache()
}

/** Not so a description of sentinels or of a cluster. */
function isClient(redis: object | undefined): redis is CacheClient {
  return redis !== undefined && 'isReady' in redis && 'get' in redis
}
