import { AsyncResource } from 'node:async_hooks'
import type { Limits } from '../base/deadline.js'
import type { Expiring } from '../base/deadline-watch.js'
import { rankOf } from '../base/priority.js'
import type { PooledConnection } from './pooled-connection.js'
import type { Queued } from './wait-queue.js'

/** Where a waiter waits, and what it is told when it waited in vain. */
export interface WaitingRoom {
  /** Called when the waiter leaves, for whatever reason. */
  left(waiter: Waiter): void
  timeoutError(waitedMillis: number): Error
  abortError(signal: AbortSignal): Error
}

/** Who waits: called once, either way. */
export interface Caller {
  serve(pooled: PooledConnection): void
  refuse(error: Error): void
}

/**
 * One caller in the queue: served, refused, timed out or aborted, whichever comes first. It is served within the
 * release of the previous borrower, so that the server finds its next statement before it falls asleep, but in its
 * own async context.
 */
export class Waiter extends AsyncResource implements Expiring, Queued {
  readonly since: number
  readonly deadline: number
  /** Of its priority: 0 is served first. */
  readonly rank: number
  watchIndex = -1
  previous: this | undefined = undefined
  next: this | undefined = undefined
  queued = false
  readonly #room: WaitingRoom
  /** Forgotten when it has been called: dead but in the old generation, the waiter would keep younger results. */
  #caller: Caller | undefined
  readonly #signal: AbortSignal | undefined

  constructor(room: WaitingRoom, caller: Caller, limits: Limits & { readonly since: number }) {
    super('HoldfastWaiter', { requireManualDestroy: true })
    this.#room = room
    this.#caller = caller
    this.since = limits.since
    this.deadline = limits.deadline
    this.rank = rankOf(limits.priority)
    this.#signal = limits.signal
    this.#signal?.addEventListener('abort', this)
  }

  serve(pooled: PooledConnection): void {
    const caller = this.#leave()
    if (caller !== undefined) this.runInAsyncScope(caller.serve, caller, pooled)
  }

  refuse(error: Error): void {
    this.#leave()?.refuse(error)
  }

  expire(): void {
    this.refuse(this.#room.timeoutError(this.deadline - this.since))
  }

  /** The signal's listener is the waiter itself. */
  handleEvent(): void {
    this.refuse(this.#room.abortError(this.#signal as AbortSignal))
  }

  #leave(): Caller | undefined {
    const caller = this.#caller
    this.#caller = undefined
    this.#signal?.removeEventListener('abort', this)
    this.#room.left(this)
    return caller
  }
}
