/** Extra reads that may be saved up. */
const MOST = 10

/** Allows extra reads in proportion to reads, so that a slow day does not double the load. */
export class HedgeBudget {
  readonly #share: number
  #saved = 1

  /** @param share extra reads for each read */
  constructor(share: number) {
    this.#share = share
  }

  /** A read is made. */
  earn(): void {
    this.#saved = Math.min(MOST, this.#saved + this.#share)
  }

  /** Whether one more read may be made; then it counts as made. */
  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved--
    return true
  }
}
