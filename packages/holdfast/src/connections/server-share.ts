/** How long a pool is content with what a full server let it have, in milliseconds. */
const CONTENT_MS = 60_000

/**
 * How many connections a server has for this pool: no limit of its own, until the server says that it is full. Then, for
 * a minute, as many as the pool had at that moment. Pools that share a full server so keep to their shares, also when all
 * of them come back after an outage: without it those that are back first take all, and the others get none.
 */
export class ServerShare {
  #most = Number.POSITIVE_INFINITY
  #until = Number.NEGATIVE_INFINITY

  /** The server refused one more connection because it is full (53300). @param held connections of the pool */
  refused(held: number, now: number): void {
    this.#most = Math.max(1, held)
    this.#until = now + CONTENT_MS
  }

  /** Whether anything is limited; asked before {@link ServerShare.most}, which needs the time. */
  get isLimited(): boolean {
    return this.#most !== Number.POSITIVE_INFINITY
  }

  /** The most connections that the pool should have. */
  most(now: number): number {
    if (now >= this.#until) this.#most = Number.POSITIVE_INFINITY
    return this.#most
  }
}
