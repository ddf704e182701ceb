import type { Clock } from '../base/clock.js'
import { abortError, type Limits, within } from '../base/deadline.js'
import { QueryTimeoutError } from '../base/errors.js'

/** One place in a line. */
export interface Turn {
  /** Whom to wait for; `undefined` when nobody is before. */
  readonly before: Promise<unknown> | undefined
  /** Lets the next one in, once `rest` has ended as well. */
  leave(rest?: Promise<unknown>): void
}

const WAITED_IN_VAIN =
  'Query read timeout: the query waited past its deadline for statements before it on the same client; nothing was applied.'

/** Lets one go after the other, in the order of their coming. */
export class Turns {
  readonly #clock: Clock
  /** The end of the latest who has come; `undefined` when nobody is there. */
  #latest: Promise<unknown> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(): Turn {
    const before = this.#latest
    let leave: (rest?: Promise<unknown>) => void = () => undefined
    const mine: Promise<unknown> = new Promise<unknown>(resolve => {
      leave = resolve
    }).then(() => before)
    this.#latest = mine
    // Who gave up waiting leaves before those he waited for.
    void mine.then(() => {
      if (this.#latest === mine) this.#latest = undefined
    })
    return { before, leave }
  }

  /**
   * Waits for one's turn, within limits.
   *
   * @throws QueryTimeoutError or AbortError, before anything was done
   */
  async wait({ before }: Turn, limits: Limits): Promise<void> {
    if (before === undefined) return
    const { signal } = limits
    const error = (reason: 'timeout' | 'abort') =>
      reason === 'abort' && signal !== undefined
        ? abortError(signal, 'safe')
        : new QueryTimeoutError('HOLDFAST_QUERY_TIMEOUT', WAITED_IN_VAIN, { retry: 'safe' })
    await within(before, limits, { clock: this.#clock, error })
  }
}
