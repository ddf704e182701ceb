/**
 * What the old platform's applications call to reach its cache. This module has no cache: `get` never finds
 * anything and the other two do nothing and say so, which is what those applications handle as a cache that is down.
 */
export interface CacheAccess {
  get(key: string): Promise<null>
  set(key: string, value: unknown, ttl?: number): Promise<false>
  delete(key: string): Promise<false>
  readonly client: null
}

/** The cache that is not there. */
export const noCache: CacheAccess = Object.freeze({
  get: async () => null,
  set: async () => false as const,
  delete: async () => false as const,
  client: null,
})
