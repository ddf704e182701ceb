import { AsyncResource } from 'node:async_hooks'
import type { Clock } from '../base/clock.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { movingAverage } from './growth.js'
import { afterFailure, HEALTHY, isDown, mayConnect, type NodeHealth } from './node-health.js'

/** What the connector needs, and whom it tells. */
export interface ConnectorOptions {
  readonly open: (signal: AbortSignal) => Promise<PgConnection>
  readonly isTransient: (error: unknown) => boolean
  readonly clock: Clock
  readonly random: () => number
  /** Failed rounds after which the server counts as down. */
  readonly attempts: number
  readonly onOpened: (connection: PgConnection) => void
  readonly onFailed: (error: Error) => void
  /** It is time to look at the demand again. */
  readonly onWake: () => void
}

/** Opens connections to one server: counts them, backs off when it fails, and probes until it is back. */
export class Connector {
  readonly #options: ConnectorOptions
  readonly #stopped = new AbortController()
  /** Sockets live in the async context of the pool, not of the request that happened to need one. */
  readonly #context = new AsyncResource('HoldfastConnector')
  #health: NodeHealth = HEALTHY
  #connecting = 0
  #connectTime = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  get connecting(): number {
    return this.#connecting
  }

  /** Moving average of the time to connect, in milliseconds. */
  get connectTime(): number {
    return this.#connectTime
  }

  get lastError(): Error | undefined {
    return this.#health.lastError
  }

  /** Whether callers without a connection are told at once. */
  get down(): boolean {
    return isDown(this.#health, this.#options.attempts)
  }

  /** Milliseconds until the next attempt may start; 0: now. */
  get millisToNextAttempt(): number {
    return Math.max(0, this.#health.retryAt - this.#options.clock.now())
  }

  /** Starts up to `count` attempts; after a failure only one, and only when its backoff is over. */
  start(count: number): void {
    const now = this.#options.clock.now()
    const allowed = this.#health.failures === 0 ? count : Math.min(count, 1)
    for (let i = 0; i < allowed && mayConnect(this.#health, now, this.#connecting); i++)
      void this.#attempt(now)
  }

  /**
   * Arranges for `onWake` after some milliseconds, instead of an earlier arrangement.
   *
   * @param urgent whether the process must stay alive for it
   */
  wakeAfter(millis: number, urgent: boolean): void {
    const { clock, onWake } = this.#options
    if (this.#stopped.signal.aborted) return
    clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#timer = clock.setTimeout(onWake, Math.max(1, millis))
    if (!urgent) this.#timer.unref()
  }

  /** Gives up all attempts. */
  stop(reason: Error): void {
    this.#options.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#stopped.abort(reason)
  }

  async #attempt(startedAt: number): Promise<void> {
    const { open, clock } = this.#options
    this.#connecting++
    try {
      const connection = await this.#context.runInAsyncScope(open, undefined, this.#stopped.signal)
      this.#connecting--
      this.#connectTime = movingAverage(this.#connectTime, clock.now() - connection.createdAt)
      this.#health = HEALTHY
      this.#options.onOpened(connection)
    } catch (error) {
      this.#connecting--
      this.#failed(error as Error, startedAt)
    }
  }

  #failed(error: Error, startedAt: number): void {
    const { clock, random, isTransient } = this.#options
    if (!this.#stopped.signal.aborted) {
      const failure = { error, transient: isTransient(error), startedAt, now: clock.now(), random: random() }
      this.#health = afterFailure(this.#health, failure)
      // A server that may come back is looked for even while nobody asks.
      if (this.#health.transient) this.wakeAfter(this.millisToNextAttempt, false)
    }
    this.#options.onFailed(error)
  }
}
