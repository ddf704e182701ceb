import { AsyncResource } from 'node:async_hooks'
import type { Clock } from '../base/clock.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { isSqlState } from '../driver/sqlstate.js'
import { movingAverage } from './growth.js'
import { freeSlots, HEALTHY, isHopeless, type NodeHealth, nextHealth } from './node-health.js'

/** What the connector needs, and whom it tells. */
export interface ConnectorOptions {
  readonly open: (signal: AbortSignal) => Promise<PgConnection>
  readonly isTransient: (error: unknown) => boolean
  readonly clock: Clock
  readonly random: () => number
  /** Failed rounds after which a server that was never there counts as absent. */
  readonly attempts: number
  readonly onOpened: (connection: PgConnection) => void
  readonly onFailed: (error: Error) => void
  /** It is time to look at the demand again. */
  readonly onWake: () => void
}

/** Opens connections to one server: counts them, keeps its breaker, and probes in the background until it is back. */
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

  get health(): NodeHealth {
    return this.#health
  }

  get lastError(): Error | undefined {
    return this.#health.lastError
  }

  /** Whether a caller waits in vain for a server like this. */
  get hopeless(): boolean {
    return isHopeless(this.#health, this.#options.attempts)
  }

  /** Milliseconds until the next attempt may start; 0: now. */
  get millisToNextAttempt(): number {
    return Math.max(0, this.#health.retryAt - this.#options.clock.now())
  }

  /** Starts up to `count` attempts, as many as the breaker lets. */
  start(count: number): void {
    if (count <= 0) return
    const now = this.#options.clock.now()
    if (this.#connecting === 0) this.#health = nextHealth(this.#health, 'wanted', { startedAt: now, now })
    const allowed = Math.min(count, freeSlots(this.#health, this.#connecting))
    for (let i = 0; i < allowed; i++) void this.#attempt(now)
  }

  /**
   * Arranges for `onWake` after some milliseconds, instead of an earlier arrangement.
   *
   * @param urgent whether the process must stay alive for it
   */
  wakeAfter(millis: number, urgent: boolean): void {
    const { clock } = this.#options
    if (this.#stopped.signal.aborted) return
    clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#timer = clock.setTimeout(() => this.#wake(urgent), Math.max(1, Math.ceil(millis)))
    if (!urgent) this.#timer.unref()
  }

  /** Gives up all attempts. */
  stop(reason: Error): void {
    this.#options.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#stopped.abort(reason)
  }

  #wake(urgent: boolean): void {
    // Timers may fire a little early, and nobody else would try again.
    const early = this.millisToNextAttempt
    if (early > 0) this.wakeAfter(early, urgent)
    else this.#options.onWake()
  }

  async #attempt(startedAt: number): Promise<void> {
    const { open, clock } = this.#options
    this.#connecting++
    try {
      const connection = await this.#context.runInAsyncScope(open, undefined, this.#stopped.signal)
      this.#connecting--
      const now = clock.now()
      this.#connectTime = movingAverage(this.#connectTime, now - connection.createdAt)
      this.#health = nextHealth(this.#health, 'opened', { startedAt, now })
      this.#options.onOpened(connection)
    } catch (error) {
      this.#connecting--
      this.#failed(error as Error, startedAt)
    }
  }

  #failed(error: Error, startedAt: number): void {
    const { clock, random, isTransient } = this.#options
    if (!this.#stopped.signal.aborted) {
      const transient = isTransient(error)
      const answering = transient && isSqlState((error as { code?: unknown }).code)
      const failure = { error, transient, answering, random: random() }
      this.#health = nextHealth(this.#health, 'failed', { startedAt, now: clock.now(), failure })
      // A server that may come back is looked for even while nobody asks.
      if (transient) this.wakeAfter(this.millisToNextAttempt, false)
    }
    this.#options.onFailed(error)
  }
}
