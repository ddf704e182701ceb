import type { OverloadSettings } from '../base/overload-options.js'
import { PRIORITIES } from '../base/priority.js'
import { type ConcurrencyLimit, stepLimit } from '../resilience/concurrency-limit.js'

/** Fewer uses than this, or a shorter time, tell nothing about the latency. */
const FEWEST_USES = 20
const SHORTEST_MS = 250

/** A limit below this would let one slow call hold up everything. */
const LOWEST = 2

const ANYBODY = PRIORITIES.length - 1
const NOBODY = -1

/** How many connections may be lent, and to whom: `max`, less what is reserved, less what the database cannot bear. */
export class LendingLimit {
  readonly #max: number
  readonly #reserved: number
  readonly #isAdaptive: boolean
  #state: ConcurrencyLimit
  #uses = 0
  #millis = 0
  #mostActive = 0
  #windowSince = 0

  constructor(max: number, { reserved, adaptive }: OverloadSettings) {
    this.#max = max
    this.#reserved = reserved
    this.#isAdaptive = adaptive
    this.#state = { limit: max, usual: 0 }
  }

  /** Whether there is anything to ask: without, every connection may be lent to everybody. */
  get isLimited(): boolean {
    return this.#isAdaptive || this.#reserved > 0
  }

  get limit(): number {
    return Math.floor(this.#state.limit)
  }

  /** The lowest rank that may have one more connection when so many are lent; −1: nobody. */
  lowestRank(active: number): number {
    if (!this.isLimited) return ANYBODY
    const { limit } = this
    if (active < Math.max(1, limit - this.#reserved)) return ANYBODY
    return active < limit ? 0 : NOBODY
  }

  /** A connection came back after some milliseconds; so many were lent with it. */
  used(millis: number, active: number, now: number): void {
    if (!this.#isAdaptive) return
    this.#uses++
    this.#millis += millis
    this.#mostActive = Math.max(this.#mostActive, active)
    if (this.#uses < FEWEST_USES || now - this.#windowSince < SHORTEST_MS) return
    const window = { latency: this.#millis / this.#uses, inFlight: this.#mostActive }
    this.#state = stepLimit(this.#state, window, { min: Math.min(LOWEST, this.#max), max: this.#max })
    this.#uses = 0
    this.#millis = 0
    this.#mostActive = 0
    this.#windowSince = now
  }
}
