import type { WalPosition } from '../base/lsn.js'

interface Sample {
  readonly at: number
  readonly lsn: bigint
}

/** Samples kept at most: minutes, at one a second. */
const MOST = 600

/**
 * Remembers when the primary had written how far, and tells from that how far behind a replica is in time. The clocks of
 * the servers do not matter, nor whether anything is written at all.
 */
export class PrimaryLog {
  /** Oldest first; a sample is kept only when the log has grown since the one before. */
  #samples: Sample[] = []
  #timeline = 0

  /** The timeline that is being written; 0: not known. */
  get timeline(): number {
    return this.#timeline
  }

  /** The primary said how far it has written. */
  note({ timeline, lsn }: WalPosition, now: number): void {
    if (timeline !== this.#timeline) this.#samples = []
    this.#timeline = timeline
    const last = this.#samples.at(-1)
    if (last !== undefined && lsn <= last.lsn) return
    this.#samples.push({ at: now, lsn })
    if (this.#samples.length > MOST) this.#samples.shift()
  }

  /**
   * For how many milliseconds there has been something that a replica has not seen; 0: it has seen all that is known of.
   * As exact as the looks at the primary are frequent.
   */
  lagOf({ timeline, lsn }: WalPosition, now: number): number {
    if (timeline < this.#timeline) return Number.POSITIVE_INFINITY
    const missing = this.#samples.find(sample => sample.lsn > lsn)
    return missing === undefined ? 0 : now - missing.at
  }
}
