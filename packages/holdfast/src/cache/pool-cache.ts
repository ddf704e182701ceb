import { CacheCounters, type CacheStats } from './cache-stats.js'
import type { Explanation } from './explain.js'

/** What to invalidate. */
export interface InvalidateOptions {
  /** Names as in the option `cache.tables`. */
  tables: readonly string[]
}

/** For whom a query is explained. */
export interface ExplainOptions {
  /** As it runs on `pool.as(…)`, whoever that is. Default: as it runs on the pool. */
  underIdentity?: boolean
}

/** What `pool.cache` offers. */
export interface PoolCache {
  /**
   * Throws away what is kept of some tables, here and in every process, as if all their rows had changed.
   *
   * @throws OptionsError for a table that is not opted in
   */
  invalidate(options: InvalidateOptions): Promise<void>
  /** Counters since the pool was made, and the tiers as they are now. */
  stats(): CacheStats
  /** Says what the cache would do with a query, and why; the query is not run. */
  explain(text: string, values?: readonly unknown[], options?: ExplainOptions): Promise<Explanation>
}

const NOTHING = new CacheCounters().snapshot({ evictions: 0, entries: 0, bytes: 0, enabled: false })

/** The cache of a pool that caches nothing. */
export const NO_CACHE: PoolCache = {
  invalidate: async () => undefined,
  stats: () => NOTHING,
  explain: async () => ({
    cacheable: false,
    reason: 'table-not-opted-in',
    detail: 'The pool has no option "cache".',
    kind: 'read',
    dependsOn: [],
    writes: [],
    tags: [],
    consistency: 'strict',
  }),
}
