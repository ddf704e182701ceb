import pg from 'pg'
import type { UncacheableReason } from '../sql/plan.js'

/** Why a result did not come from the cache although a cache is configured. Stable and bounded: a metric's label. */
export type BypassReason =
  | UncacheableReason
  /** The query said `cache: false`. */
  | 'asked-not-to'
  /** A write to what it reads is under way. */
  | 'write-under-way'
  /** Redis gave no answer in time, or is known to be away. */
  | 'redis-unavailable'
  /** The connection that answered has settings or temporary tables of its own. */
  | 'session-changed'
  /** Results of this statement were outdated before anybody asked for them again, time after time. */
  | 'not-worth-keeping'
  /** Definitions are being read again. */
  | 'definitions-changed'
  /** A parameter cannot be told apart in a key. */
  | 'unkeyable-parameter'
  /** It asks for a row mode, portal or parser that a kept result cannot serve. */
  | 'unsupported-query'
  /** The database is a standby: it may lag behind. */
  | 'standby'

/** Where a result came from. */
export interface CacheInfo {
  /**
   * `hit`: from the cache, as certain as the consistency asked for. `miss`: from the database, and kept. `stale`: from
   * the cache and possibly outdated, because `maxStale` allowed it. `bypass`: from the database, and not kept.
   */
  readonly status: 'hit' | 'miss' | 'stale' | 'bypass'
  /** Where a hit was found. */
  readonly tier?: 'memory' | 'redis'
  /** Milliseconds since it was read from the database. */
  readonly age?: number
  /** Why it was bypassed. */
  readonly reason?: BypassReason
}

declare module 'pg' {
  interface QueryResultBase {
    /** Where the result came from; not enumerable. Absent on pools without a cache. */
    readonly cache?: CacheInfo
  }
}

/** Returns what it is given: a class that extends it gives its private fields to any object. */
function given(object: object): object {
  return object
}

/** Declared, because a formatter would make an arrow of an expression, and nothing can extend an arrow. */
const Given = given as unknown as new (object: object) => object

/** Keeps the information of a result in a private field of the result itself: nothing that compares or copies sees it. */
class Informed extends Given {
  #info: CacheInfo

  constructor(result: object, info: CacheInfo) {
    super(result)
    this.#info = info
  }

  static of(result: object): CacheInfo | undefined {
    return #info in result ? result.#info : undefined
  }

  static has(result: object): result is Informed {
    return #info in result
  }

  static replace(result: Informed, info: CacheInfo): void {
    result.#info = info
  }
}

let isReadable = false

/**
 * Gives all results of pg a `cache` that reads the private field, once and inherited: an own property for each result
 * would cost more than everything else that a hit does. Results of other pools answer `undefined`.
 */
function makeReadable(): void {
  const { prototype } = (pg as unknown as { Result: { prototype: object } }).Result
  const get = function (this: object) {
    return Informed.of(this)
  }
  Object.defineProperty(prototype, 'cache', { get, enumerable: false, configurable: true })
  isReadable = true
}

/** Gives a result of pg its `cache`: not enumerable, so that results still compare equal to pg's. Returns the result. */
export function attachCacheInfo<T extends object>(result: T, info: CacheInfo): T {
  if (!Informed.has(result)) return informNew(result, info)
  Informed.replace(result, info)
  return result
}

/** As {@link attachCacheInfo}, for a result that was just made. @throws TypeError when it has a `cache` already */
export function informNew<T extends object>(result: T, info: CacheInfo): T {
  if (!isReadable) makeReadable()
  new Informed(result, info)
  return result
}
