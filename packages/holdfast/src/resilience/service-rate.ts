/** Fewer turns than this tell nothing about the next ones. */
const FEWEST_SERVED = 10

/** The shortest time that is looked at, in milliseconds. */
const SHORTEST_MS = 100

/**
 * How fast a queue moves while somebody waits in it: milliseconds between two turns. Counted, not derived from how long
 * a turn takes: one very long turn beside many short ones says nothing about the next in the queue.
 */
export class ServiceRate {
  #startedAt = 0
  #served = 0
  #latest = 0
  #before = 0

  /**
   * Milliseconds between two turns; 0: not known yet. The faster of the last two windows, so that one pause of the
   * server, which is over, is not taken for its speed.
   */
  get pace(): number {
    return Math.min(this.#latest, this.#before)
  }

  /** A queue begins, or connections are there again: what was known no longer holds. */
  restart(now: number): void {
    this.#startedAt = now
    this.#served = 0
    this.#latest = 0
    this.#before = 0
  }

  /** Somebody was served. */
  served(now: number): void {
    this.#served++
    const elapsed = now - this.#startedAt
    if (this.#served < FEWEST_SERVED || elapsed < SHORTEST_MS) return
    this.#before = this.#latest
    this.#latest = elapsed / this.#served
    this.#startedAt = now
    this.#served = 0
  }
}
