import type { BypassReason } from './cache-info.js'

/** Counters since the pool was made, and the state of the tiers now. */
export interface CacheStats {
  readonly hits: { readonly memory: number; readonly redis: number }
  /** Hits that were served although possibly outdated. */
  readonly stale: number
  readonly misses: number
  /** Reads that shared the load of another caller. */
  readonly shared: number
  /** Hits compared with the database, and those of them that differed without a reason: see `cache.shadowReads`. */
  readonly shadowReads: { readonly compared: number; readonly incoherent: number }
  /** Loads in the background before a result expired. */
  readonly earlyRefreshes: number
  readonly bypasses: Readonly<Partial<Record<BypassReason, number>>>
  /** Tags marked by writes. */
  readonly invalidations: number
  /** Writes whose invalidation could not reach Redis in time. */
  readonly unmarked: number
  readonly evictions: number
  readonly entries: number
  readonly bytes: number
  /** Hits in percent of all reads of opted-in tables; 0 before the first. */
  readonly hitPercent: number
  /** Whether results are kept at all at this moment. */
  readonly enabled: boolean
  /** Absent without Redis. */
  readonly redis?: { readonly available: boolean; readonly reason?: string | undefined }
}

/** Counts what the cache does. */
export class CacheCounters {
  memoryHits = 0
  redisHits = 0
  stale = 0
  misses = 0
  shared = 0
  earlyRefreshes = 0
  compared = 0
  incoherent = 0
  invalidations = 0
  unmarked = 0
  readonly #bypasses = new Map<BypassReason, number>()

  bypass(reason: BypassReason): void {
    this.#bypasses.set(reason, (this.#bypasses.get(reason) ?? 0) + 1)
  }

  snapshot(now: Pick<CacheStats, 'evictions' | 'entries' | 'bytes' | 'enabled' | 'redis'>): CacheStats {
    const hits = this.memoryHits + this.redisHits + this.stale + this.shared
    const reads = hits + this.misses
    return {
      hits: { memory: this.memoryHits, redis: this.redisHits },
      stale: this.stale,
      misses: this.misses,
      shared: this.shared,
      earlyRefreshes: this.earlyRefreshes,
      shadowReads: { compared: this.compared, incoherent: this.incoherent },
      bypasses: Object.fromEntries(this.#bypasses),
      invalidations: this.invalidations,
      unmarked: this.unmarked,
      hitPercent: reads === 0 ? 0 : Math.round((hits / reads) * 1_000) / 10,
      ...now,
    }
  }
}
