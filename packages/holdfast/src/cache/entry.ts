import type { Result } from '../base/execute.js'
import { type CacheInfo, informNew } from './cache-info.js'
import { type Materialize, type MaterializeOptions, prepare } from './materializer.js'
import type { RawResult } from './raw-result.js'
import type { Stamp, Tag } from './tags.js'

/** When an entry was read and how long it may serve; milliseconds on the process's clock. */
export interface EntryTimes {
  readonly storedAt: number
  readonly expiresAt: number
  /** How long loading it took: dear results are refreshed earlier. */
  readonly loadMillis: number
}

/** How the results of one statement have fared. */
export interface Admission {
  /** Results in a row that were kept in vain: nobody asked for them again before they were outdated. */
  unserved: number
}

/** So many results kept in vain, and only some are kept from then on. */
const MOST_UNSERVED = 500
/** One of so many is kept nevertheless, to notice when that changes. */
const STILL_KEPT = 1 / 16

/** Whether to keep another result of a statement. @param random in [0, 1) */
export function isWorthKeeping(admission: Admission, random: number): boolean {
  return !isInVain(admission) || random < STILL_KEPT
}

/** Whether most results of a statement are not kept: nobody is to wait for them. */
export function isInVain({ unserved }: Admission): boolean {
  return unserved >= MOST_UNSERVED
}

/** Takes note of how an entry fared, when it leaves. */
export function noteFate({ served, admission }: Entry): void {
  admission.unserved = served ? 0 : admission.unserved + 1
}

/** A kept result with what it depends on. */
export class Entry {
  readonly raw: RawResult
  readonly tags: readonly Tag[]
  /** The stamp of each tag, read before the result's snapshot was taken. */
  readonly stamps: readonly Stamp[]
  readonly times: EntryTimes
  /** After this instant a hit may start a refresh. */
  readonly earlyFrom: number
  refreshing = false
  /** Whether anybody got it who had not loaded it. */
  served = false
  /** The latest instant at which it was certainly not outdated. */
  goodAt: number
  readonly admission: Admission
  /** How the latest caller wanted his rows, and what makes them so: nearly always the same for a statement. */
  #wish: MaterializeOptions | undefined
  #make: Materialize | undefined

  constructor(parts: Pick<Entry, 'raw' | 'tags' | 'stamps' | 'times' | 'admission'>) {
    this.admission = parts.admission
    this.raw = parts.raw
    this.tags = parts.tags
    this.stamps = parts.stamps
    this.times = parts.times
    this.goodAt = parts.times.storedAt
    this.earlyFrom = parts.times.expiresAt - EARLY_LOADS * parts.times.loadMillis
  }

  /** Whether no tag has been touched since, as far as this process knows. */
  get current(): boolean {
    const { tags, stamps } = this
    for (let i = 0; i < tags.length; i++) {
      if ((tags[i] as Tag).stamp !== stamps[i]) return false
    }
    return true
  }

  /**
   * Until when it may be served to who allows it to be `maxStale` behind: nobody knows when it was outdated, but not
   * before it was last known to be good.
   */
  staleUntil(maxStale: number): number {
    return (this.current ? this.times.expiresAt : Math.min(this.goodAt, this.times.expiresAt)) + maxStale
  }

  /** The result for one caller, who may do with it what he likes. */
  result(wish: MaterializeOptions, info: CacheInfo): Result {
    const known = this.#wish
    if (this.#make === undefined || known?.types !== wish.types || known?.rowMode !== wish.rowMode) {
      this.#make = prepare(this.raw, wish)
      this.#wish = wish
    }
    return informNew(this.#make(), info)
  }

  /**
   * Whether this hit should refresh the entry although it has not expired: more likely the nearer the end and the
   * dearer the load, so that of many processes one goes first.
   *
   * @param random in (0, 1]
   * @see Vattani, Chierichetti, Lowenstein: "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015
   */
  shouldRefresh(now: number, random: number): boolean {
    return !this.refreshing && now - this.times.loadMillis * Math.log(random) >= this.times.expiresAt
  }
}

/** Earlier than this many load times before the end, a refresh is so unlikely (e^-16) that no dice are thrown. */
const EARLY_LOADS = 16
