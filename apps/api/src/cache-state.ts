/** What the service asks of its pool to know how its cache is. */
export interface CacheSource {
  stats(): { readonly cacheEnabled: boolean }
  readonly cache: { stats(): { readonly redis?: object } }
}

/**
 * How the cache is. `off`: every read asks the database, as configured. `degraded`: it does so because Redis is away,
 * or back for too short a time to be relied on.
 */
export interface CacheState {
  readonly status: 'ok' | 'degraded' | 'off'
  /** Where results are kept; `null` when it is off. */
  readonly tier: 'process' | 'redis' | null
}

/** The state at this moment. */
export function cacheState(pool: CacheSource): CacheState {
  const enabled = pool.stats().cacheEnabled
  if (pool.cache.stats().redis !== undefined) return { status: enabled ? 'ok' : 'degraded', tier: 'redis' }
  return enabled ? { status: 'ok', tier: 'process' } : { status: 'off', tier: null }
}
