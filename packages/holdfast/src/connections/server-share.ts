/** How long a pool is content with what a full server let it have, in milliseconds. */
const CONTENT_MS = 60_000

/** After that it tries one more connection in so many milliseconds, until it is refused again. */
const STEP_MS = 10_000

/**
 * How many connections a server, or the pooler before it, has for this pool: no limit of its own, until it is told that
 * there are no more. Then, for a minute, as many as the pool had at that moment, and after that slowly more. Pools that
 * share a full server so keep to their shares, also when all of them come back after an outage: without it those that are
 * back first take all, and the others get none.
 */
export class ServerShare {
  /** The option `max`: what is not less than that is no limit. */
  readonly #max: number
  #held = Number.POSITIVE_INFINITY
  #refusedAt = Number.NEGATIVE_INFINITY

  constructor(max: number) {
    this.#max = max
  }

  /** One more connection was refused because there are no more. @param held connections of the pool */
  refused(held: number, now: number): void {
    this.#held = Math.max(1, held)
    this.#refusedAt = now
  }

  /** Whether anything is limited; asked before {@link ServerShare.most}, which needs the time. */
  get isLimited(): boolean {
    return this.#held !== Number.POSITIVE_INFINITY
  }

  /** The most connections that the pool should have. */
  most(now: number): number {
    const content = now - this.#refusedAt - CONTENT_MS
    const most = this.#held + (content < 0 ? 0 : 1 + Math.floor(content / STEP_MS))
    if (most < this.#max) return most
    this.#held = Number.POSITIVE_INFINITY
    return this.#held
  }
}
