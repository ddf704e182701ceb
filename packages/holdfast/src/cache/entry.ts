import type { RawResult } from './raw-result.js'
import type { Stamp, Tag } from './tags.js'

/** When an entry was read and how long it may serve; milliseconds on the process's clock. */
export interface EntryTimes {
  readonly storedAt: number
  readonly expiresAt: number
  /** How long loading it took: dear results are refreshed earlier. */
  readonly loadMillis: number
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

  constructor(parts: { raw: RawResult; tags: readonly Tag[]; stamps: readonly Stamp[]; times: EntryTimes }) {
    this.raw = parts.raw
    this.tags = parts.tags
    this.stamps = parts.stamps
    this.times = parts.times
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
