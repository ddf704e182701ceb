import type { Pool } from 'holdfast'

/** Milliseconds that the database has for an answer. */
const PATIENCE = 1_500

/** Asks the database, over a pool of the live page's own, so that the service's numbers stay its own. */
export class DatabaseWatch {
  readonly #pool: Pool
  /** Until it has been asked, nothing speaks against it. */
  #answers = true
  /** One question at a time: a server that is silent is not asked more often for it. */
  #asking = false

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** What came of the latest question. */
  get answers(): boolean {
    return this.#answers
  }

  /** Asks, unless a question is still open. Never rejects. */
  async ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { healthy } = await this.#pool.health({ timeout: PATIENCE })
    this.#answers = healthy
    this.#asking = false
  }
}
