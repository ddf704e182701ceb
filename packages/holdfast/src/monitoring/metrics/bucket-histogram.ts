import { BUCKETS } from './metric-table.js'

/** What a histogram has counted. */
export interface BucketCounts {
  /** Of each bucket alone, the last one being above all bounds. */
  readonly counts: readonly number[]
  /** In seconds. */
  readonly sum: number
  readonly count: number
}

/** Counts durations in the buckets that are exported; exact, and nothing is allocated for an observation. */
export class BucketHistogram {
  readonly #counts: number[] = new Array(BUCKETS.length + 1).fill(0)
  #sum = 0
  #count = 0

  record(seconds: number): void {
    let at = 0
    while (at < BUCKETS.length && seconds > (BUCKETS[at] as number)) at++
    ;(this.#counts[at] as number)++
    this.#sum += seconds
    this.#count++
  }

  snapshot(): BucketCounts {
    return { counts: [...this.#counts], sum: this.#sum, count: this.#count }
  }
}
