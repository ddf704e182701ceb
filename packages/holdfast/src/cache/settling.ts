import type { Clock } from '../base/clock.js'
import { DEFAULT_BACKOFF } from '../resilience/backoff.js'
import type { Ask } from './definitions.js'
import type { RemoteStore } from './ports.js'

/** What it takes to wait for a new Redis to become trustworthy. */
export interface SettlingParts {
  readonly remote: Pick<RemoteStore, 'inChargeFor' | 'isSettled' | 'settle'>
  readonly ask: Ask
  readonly clock: Clock
}

const SHORTEST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1_000
/** Until a writer has found its way to a new server too, it cannot tell anybody what it changes. */
const OTHERS_RETURN_MS = DEFAULT_BACKOFF.cap

/**
 * A Redis that was restarted, or took over from another, knows nothing of the marks set before: a write that relies on
 * such a mark may still be on its way to become visible. So nothing is kept in a new Redis until every transaction that
 * was in progress when it was found has ended, and until every writer that lost the one before has had the time to find
 * it. Once one process has seen that, it says so in Redis for all.
 */
export class Settling {
  readonly #parts: SettlingParts
  #settled = false
  /** Whether there has been a link before. */
  #isBack = false
  /** Counts the servers met: what was begun for an earlier one does not count. */
  #round = 0

  constructor(parts: SettlingParts) {
    this.#parts = parts
  }

  /** Whether what is kept in Redis may be relied on. */
  get settled(): boolean {
    return this.#settled
  }

  /** The link is lost, or leads elsewhere. */
  reset(): void {
    this.#settled = false
    this.#round++
  }

  /** The link stands: waits as long as it takes, in the background. */
  begin(): void {
    this.reset()
    const { clock, remote } = this.#parts
    // Who has just lost the link knows that others did too; who has just started can only go by the server's age.
    const past = this.#isBack ? 0 : remote.inChargeFor
    this.#isBack = true
    void this.#settle(this.#round, clock.now() + Math.max(0, OTHERS_RETURN_MS - past))
  }

  async #settle(round: number, notBefore: number): Promise<void> {
    let horizon: bigint | undefined
    for (
      let pause = SHORTEST_PAUSE_MS;
      round === this.#round;
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
    ) {
      try {
        if (await this.#parts.remote.isSettled()) return this.#done(round)
        horizon ??= await this.#horizon()
        const isOver = this.#parts.clock.now() >= notBefore && (await this.#oldest()) >= horizon
        // What was found out for an earlier server says nothing of this one.
        if (isOver && round === this.#round) {
          await this.#parts.remote.settle()
          return this.#done(round)
        }
      } catch {
        // Redis or the database is away: tried again.
      }
      await this.#pause(pause)
    }
  }

  #done(round: number): void {
    if (round === this.#round) this.#settled = true
  }

  /**
   * No transaction with a smaller id can still begin. An id of its own, because the `xmax` of a snapshot is next to the
   * latest that has ended: the transaction with that very id may be in progress.
   */
  #horizon(): Promise<bigint> {
    return this.#xid('SELECT pg_current_xact_id()::text AS xid')
  }

  /** All transactions with a smaller id have ended. */
  #oldest(): Promise<bigint> {
    return this.#xid('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid')
  }

  async #xid(text: string): Promise<bigint> {
    const { rows } = await this.#parts.ask(text)
    return BigInt(String(rows[0]?.xid))
  }

  #pause(millis: number): Promise<void> {
    return new Promise(resolve => {
      this.#parts.clock.setTimeout(resolve, millis).unref()
    })
  }
}
