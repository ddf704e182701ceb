import type { CacheSettings } from '../base/cache-options.js'
import type { Warn } from '../base/warning.js'
import { RedisStore } from './redis-store.js'
import type { ConnectRemote } from './remote-switch.js'

/** How to connect to the store that all processes share; `undefined` when the cache is of this process only. */
export function remoteCache(settings: CacheSettings, warn: Warn): ConnectRemote | undefined {
  const { redis, prefix, redisTimeout } = settings
  if (redis === undefined) return undefined
  return databaseIdentity =>
    new RedisStore({
      redis: redis as never,
      databaseIdentity,
      prefix,
      budget: redisTimeout,
      markBudget: redisTimeout,
      warn,
    })
}
