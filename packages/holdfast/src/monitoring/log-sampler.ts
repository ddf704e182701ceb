const WINDOW_MS = 60_000

/** Lets so many lines pass in a minute and counts the others. */
export class LogSampler {
  readonly #most: number
  #windowEnd = Number.NEGATIVE_INFINITY
  #passed = 0
  #omitted = 0

  /** @param most lines a minute */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether a line may pass: how many were left out before it, or `undefined` when it is left out itself. */
  take(now: number): number | undefined {
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW_MS
      this.#passed = 0
    }
    if (this.#passed >= this.#most) {
      this.#omitted++
      return undefined
    }
    this.#passed++
    const omitted = this.#omitted
    this.#omitted = 0
    return omitted
  }
}
