import type { CacheOptions } from 'holdfast'

/**
 * What of the DIGIS contract is cached, and for how long at most. A lifetime is only an upper bound: whatever changes
 * a result makes it fresh at once. Frozen, because Holdfast understands frozen wishes once and knows them again.
 */

/** Lifetimes of the tables: of users, sessions, payment histories and daily statistics. */
export const CACHED_TABLES = Object.freeze({
  // By this key a change of a fan is told from one of a creator, and the list of creators outlives it.
  users: Object.freeze({ ttl: '5m', keys: Object.freeze(['is_creator']) }),
  creator_documents: '5m',
  search_words: '5m',
  sessions: '3m',
  payments: '3m',
  creator_daily_stats: '10m',
  creator_daily_stats_state: '10m',
}) satisfies CacheOptions['tables']

/** The list of creators. */
export const CREATORS = Object.freeze({ ttl: '1m' } as const)

export const SEARCHES = Object.freeze({ ttl: '30s' } as const)

export const ACTIVE_SESSIONS = Object.freeze({ ttl: '30s' } as const)

export const STATISTICS = Object.freeze({ ttl: '10m' } as const)
