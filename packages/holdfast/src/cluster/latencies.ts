/** How many of the latest reads count. */
const WINDOW = 128
/** Fewer say nothing. */
const FEWEST = 20

/** How long the latest reads on a server took. */
export class Latencies {
  readonly #window: number[] = []
  #next = 0
  /** Computed when it is asked for after this many more reads. */
  #limit: number | undefined
  #sinceLimit = 0

  note(millis: number): void {
    this.#window[this.#next] = millis
    this.#next = (this.#next + 1) % WINDOW
    this.#sinceLimit++
  }

  /** What 95 % of them did not exceed, in milliseconds; `undefined` while there are too few. */
  get p95(): number | undefined {
    if (this.#window.length < FEWEST) return undefined
    if (this.#limit === undefined || this.#sinceLimit >= FEWEST) {
      const sorted = [...this.#window].sort((a, b) => a - b)
      this.#limit = sorted[Math.ceil(sorted.length * 0.95) - 1]
      this.#sinceLimit = 0
    }
    return this.#limit
  }
}
