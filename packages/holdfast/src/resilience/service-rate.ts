/** Fewer turns than this tell nothing about the next ones. */
const FEWEST_SERVED = 10

/** The shortest time that is averaged, in milliseconds. */
const SHORTEST_MS = 100

/**
 * How fast a queue moves while somebody waits in it: milliseconds between two turns. Counted, not derived from how long
 * a turn takes: one very long turn beside many short ones says nothing about the next in the queue.
 */
export class ServiceRate {
  #startedAt = 0
  #served = 0
  #pace = 0

  /** Milliseconds between two turns; 0: not known yet. */
  get pace(): number {
    return this.#pace
  }

  /** A queue begins: what was known of an earlier one no longer holds. */
  restart(now: number): void {
    this.#startedAt = now
    this.#served = 0
    this.#pace = 0
  }

  /** Somebody was served. */
  served(now: number): void {
    this.#served++
    const elapsed = now - this.#startedAt
    if (this.#served < FEWEST_SERVED || elapsed < SHORTEST_MS) return
    const sample = elapsed / this.#served
    this.#pace = this.#pace === 0 ? sample : (this.#pace + sample) / 2
    this.#startedAt = now
    this.#served = 0
  }
}
