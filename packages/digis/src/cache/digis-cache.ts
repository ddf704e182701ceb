import type { CacheOptions } from 'holdfast'
import { CACHED_TABLES } from './lifetimes.js'

/** Holdfast's options of the cache; `tables` adds the application's own to those of DIGIS. */
export type DigisCacheOptions = Omit<CacheOptions, 'tables'> & Partial<Pick<CacheOptions, 'tables'>>

/**
 * The option `cache` of a Holdfast pool for the tables of DIGIS: `new Pool({ …, cache: digisCache({ redis }) })`.
 * Without `redis` the cache is in this process, and knows of what is written through its own pool alone.
 */
export function digisCache({ tables, ...options }: DigisCacheOptions = {}): CacheOptions {
  return { ...options, tables: { ...tables, ...CACHED_TABLES } }
}

/** The option in its short forms: `true` is the default cache; `false` and nothing are none. */
export function cacheFrom(given: DigisCacheOptions | boolean | undefined): CacheOptions | false {
  if (given === undefined || given === false) return false
  return digisCache(given === true ? {} : given)
}
