import type { Clock } from '../base/clock.js'
import { abortError, deadlineAfter, type Limits } from '../base/deadline.js'
import type { DeadlineWatch } from '../base/deadline-watch.js'
import type { PoolNumbers } from '../base/errors.js'
import type { PoolSettings } from '../base/options.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { acquireTimeoutError, overloadedError, poolEndedError } from './acquire-error.js'
import { Connector } from './connector.js'
import { connectionsToOpen, movingAverage } from './growth.js'
import { jitteredLifetime, PooledConnection } from './pooled-connection.js'
import { WaitQueue } from './wait-queue.js'
import { type Caller, Waiter, type WaitingRoom } from './waiter.js'

/** Whom the pool tells what happens to its connections. */
export interface PoolListener {
  onConnect(pooled: PooledConnection): void
  onAcquire(pooled: PooledConnection): void
  onIdle(pooled: PooledConnection): void
  onRelease(pooled: PooledConnection, error: unknown): void
  onRemove(pooled: PooledConnection): void
  /** A connection that nobody used was lost. */
  onIdleLost(pooled: PooledConnection, error: Error): void
  /** Something happened to the server, the way to it, or the process. */
  onDistrust(): void
  /** A client was given back inside a transaction. */
  onOpenTransaction(pooled: PooledConnection): void
}

/** What the pool is made of. */
export interface ConnectionPoolOptions {
  readonly settings: PoolSettings
  readonly open: (signal: AbortSignal) => Promise<PgConnection>
  readonly isTransient: (error: unknown) => boolean
  /** Why connecting takes so long, while an attempt waits for a server to become fit. */
  readonly whyNot?: () => Error | undefined
  readonly clock: Clock
  readonly deadlines: DeadlineWatch
  readonly random: () => number
  readonly listener: PoolListener
}

/** Lends connections: which one, to whom, and when to open or close one. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #connector: Connector
  readonly #all = new Set<PooledConnection>()
  /** The last one given back is lent first, so that the others can grow old and go. */
  readonly #idle: PooledConnection[] = []
  readonly #queue = new WaitQueue<Waiter>()
  /** Connections being validated or reset. */
  #preparing = 0
  #closing = 0
  #generation = 0
  #useTime = 0
  /** Since when somebody has been waiting without a break. */
  #pressureSince = 0
  #ending = false
  #onEnded: (() => void) | undefined

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#connector = new Connector({
      ...options,
      attempts: options.settings.connectAttempts,
      onOpened: connection => this.#opened(connection),
      onFailed: error => this.#openFailed(error),
      onWake: () => this.#wake(),
    })
  }

  get connections(): Iterable<PooledConnection> {
    return this.#all
  }

  get idle(): readonly PooledConnection[] {
    return this.#idle
  }

  get totalCount(): number {
    return this.#all.size + this.#connector.connecting
  }

  get waitingCount(): number {
    return this.#queue.size
  }

  get connectingCount(): number {
    return this.#connector.connecting
  }

  /** Whether the server can be reached as far as the pool knows. */
  get reachable(): boolean {
    return this.#connector.lastError === undefined
  }

  /** The pool at this moment, for errors and statistics. */
  numbers(): PoolNumbers {
    const { name, max } = this.#options.settings
    return {
      name,
      max,
      total: this.totalCount,
      active: this.#activeCount,
      idle: this.#idle.length,
      connecting: this.#connector.connecting,
      waiting: this.#queue.size,
    }
  }

  /**
   * Lends a connection, waiting for one within the limits and `connectionTimeoutMillis`.
   *
   * @throws PoolTimeoutError, OverloadedError, PoolEndedError, AbortError, or the failure to connect
   */
  acquire(limits: Limits): Promise<PooledConnection> {
    return new Promise((serve, refuse) => this.lend(limits, { serve, refuse }))
  }

  /** As {@link ConnectionPool.acquire}, at once where that is possible. */
  lend(limits: Limits, caller: Caller): void {
    const refusal = limits.signal?.aborted ? abortError(limits.signal, 'safe', this.numbers()) : undefined
    if (refusal !== undefined) return caller.refuse(refusal)
    const pooled = this.#take()
    if (pooled === undefined) this.#enqueue(limits, caller)
    else caller.serve(pooled)
  }

  /** Takes a connection back. `destroy`: whatever its state, it is closed. */
  release(pooled: PooledConnection, destroy?: unknown): void {
    const now = this.#options.clock.now()
    this.#useTime = movingAverage(this.#useTime, now - pooled.lentAt)
    this.#options.listener.onRelease(pooled, destroy)
    if (destroy || this.#ending || this.#isSpent(pooled, now)) return this.close(pooled)
    if (pooled.connection.quiet && pooled.connection.outsideTransaction) return this.#offer(pooled, now)
    this.#prepare(pooled, 'reset')
  }

  /** Closes a connection, whatever it does. */
  close(pooled: PooledConnection): void {
    if (!this.#all.delete(pooled)) return
    pooled.apply('close')
    this.#dropIdle(pooled)
    this.#closing++
    pooled.connection.close().finally(() => {
      pooled.apply('closed')
      this.#closing--
      this.#options.listener.onRemove(pooled)
      this.#pump()
    })
  }

  /** From now on every connection is checked before it is lent: something happened to the server or the process. */
  distrust(): void {
    this.#generation++
    this.#options.listener.onDistrust()
  }

  /** Opens connections until `count` are idle or on their way, within `max`. */
  refill(count: number): void {
    const missing = count - this.#idle.length - this.#connector.connecting
    this.#connector.start(Math.min(missing, this.#capacity))
  }

  /**
   * Refuses new callers, rejects those that wait, closes connections as they come back.
   *
   * @returns when the last connection is closed
   */
  end(): Promise<void> {
    this.#ending = true
    const error = poolEndedError(this.numbers())
    this.#connector.stop(error)
    for (const waiter of this.#queue) waiter.refuse(error)
    for (const pooled of [...this.#idle]) this.close(pooled)
    return new Promise(resolve => {
      this.#onEnded = resolve
      this.#pump()
    })
  }

  /** Cuts the connections that are still lent. */
  cut(): void {
    for (const pooled of this.#all) {
      pooled.connection.destroy()
      this.close(pooled)
    }
  }

  get #activeCount(): number {
    return Math.max(0, this.#all.size - this.#idle.length - this.#preparing)
  }

  /** How many connections may still be opened. Those being closed count: the server has not let them go yet. */
  get #capacity(): number {
    return this.#options.settings.max - this.totalCount - this.#closing
  }

  #isFresh(pooled: PooledConnection, now: number): boolean {
    if (pooled.generation !== this.#generation || this.#isSpent(pooled, now)) return false
    return now - pooled.idleSince < this.#options.settings.validateAfterIdle
  }

  #isSpent(pooled: PooledConnection, now: number): boolean {
    return (
      !pooled.connection.usable || pooled.uses >= this.#options.settings.maxUses || now >= pooled.expiresAt
    )
  }

  #lend(pooled: PooledConnection, now: number): PooledConnection {
    pooled.apply('lend')
    pooled.uses++
    pooled.lentAt = now
    pooled.leakReported = false
    pooled.rollbackExpected = false
    this.#options.listener.onAcquire(pooled)
    return pooled
  }

  /** Lends a connection at once, when one is fresh and nobody waits. */
  #take(): PooledConnection | undefined {
    const top = this.#idle.at(-1)
    if (top === undefined || this.#queue.size > 0) return undefined
    const now = this.#options.clock.now()
    if (!this.#isFresh(top, now)) return undefined
    this.#idle.pop()
    return this.#lend(top, now)
  }

  #enqueue({ deadline, signal }: Limits, caller: Caller): void {
    const refusal = this.#refusal()
    if (refusal !== undefined) return caller.refuse(refusal)
    const { clock, settings, deadlines } = this.#options
    const since = clock.now()
    const limit = Math.min(deadline, deadlineAfter(since, settings.connectTimeout))
    const waiter = new Waiter(this.#waitingRoom, caller, { since, deadline: limit, signal })
    if (this.#queue.size === 0) this.#pressureSince = since
    this.#queue.add(waiter)
    deadlines.watch(waiter)
    this.#pump()
  }

  /** Why a caller need not even wait. */
  #refusal(): Error | undefined {
    if (this.#ending) return poolEndedError(this.numbers())
    const soon = this.#capacity + this.#preparing + this.#connector.connecting + this.#idle.length
    if (this.#queue.size >= this.#options.settings.maxWaiting + soon) return overloadedError(this.numbers())
    const hopeless = this.#connector.down && this.#all.size === 0 && this.#connector.millisToNextAttempt > 0
    return hopeless ? this.#connector.lastError : undefined
  }

  readonly #waitingRoom: WaitingRoom = {
    left: waiter => {
      this.#options.deadlines.unwatch(waiter)
      this.#queue.remove(waiter)
    },
    timeoutError: millis => this.#timeoutError(millis),
    abortError: signal => abortError(signal, 'safe', this.numbers()),
  }

  #timeoutError(millis: number): Error {
    const now = this.#options.clock.now()
    const active = [...this.#all].filter(pooled => pooled.state === 'active')
    const longestUse = Math.max(0, ...active.map(pooled => now - pooled.lentAt))
    return acquireTimeoutError(millis, {
      numbers: this.numbers(),
      lastError: this.#connector.lastError ?? this.#options.whyNot?.(),
      longestUse,
    })
  }

  /** Matches callers with connections, then connections with demand. */
  #pump(): void {
    if (this.#ending) return this.#finishEnding()
    const now = this.#options.clock.now()
    while (this.#queue.size > 0 && this.#idle.length > 0) {
      const pooled = this.#idle.pop() as PooledConnection
      if (this.#isFresh(pooled, now)) this.#serve(pooled, now)
      else if (this.#isSpent(pooled, now)) this.close(pooled)
      else this.#prepare(pooled, 'validate')
      if (this.#preparing >= this.#queue.size) break
    }
    if (this.#queue.size > 0) this.#grow()
  }

  #serve(pooled: PooledConnection, now: number): void {
    this.#queue.oldest?.serve(this.#lend(pooled, now))
  }

  #grow(): void {
    const oldest = this.#queue.oldest
    if (oldest === undefined) return
    const { connecting, connectTime } = this.#connector
    const now = this.#options.clock.now()
    const longestWait = now - oldest.since
    const open = connectionsToOpen({
      waiting: this.#queue.size,
      coming: this.#preparing + connecting,
      connecting,
      active: this.#activeCount,
      room: this.#capacity,
      useTime: this.#useTime,
      connectTime,
      longestWait,
      pressure: now - this.#pressureSince,
    })
    // Asked first: the backoff may end in between, and then nobody would come back to it.
    const nextAttempt = this.#connector.millisToNextAttempt
    if (open > 0) this.#connector.start(open)
    if (nextAttempt > 0) this.#connector.wakeAfter(nextAttempt, true)
    else if (open === 0 && this.#capacity > 0) this.#connector.wakeAfter(connectTime - longestWait + 1, true)
  }

  #wake(): void {
    if (this.#connector.lastError !== undefined && this.#capacity > 0) this.#connector.start(1)
    this.#pump()
  }

  #opened(connection: PgConnection): void {
    const { clock, settings, random, listener } = this.#options
    const lifetime = jitteredLifetime(settings.maxLifetime, random())
    const pooled = new PooledConnection(connection, {
      now: clock.now(),
      lifetime,
      generation: this.#generation,
    })
    connection.onLost = error => this.#lost(pooled, error)
    this.#all.add(pooled)
    listener.onConnect(pooled)
    if (this.#ending || !connection.usable) return this.close(pooled)
    this.#rest(pooled)
    this.#pump()
  }

  #rest(pooled: PooledConnection): void {
    this.#idle.push(pooled)
    this.#options.listener.onIdle(pooled)
  }

  #openFailed(error: Error): void {
    // While connections exist they may still serve those who wait.
    if (this.#connector.down && this.#all.size === 0) {
      for (const waiter of this.#queue) waiter.refuse(error)
    }
    this.#pump()
  }

  #lost(pooled: PooledConnection, error: Error): void {
    if (pooled.state === 'closing' || pooled.state === 'closed') return
    this.distrust()
    if (pooled.state === 'active') return
    const wasIdle = pooled.state === 'idle'
    this.close(pooled)
    if (wasIdle) this.#options.listener.onIdleLost(pooled, error)
  }

  /** Checks or resets a connection in the background, then offers it or closes it. */
  async #prepare(pooled: PooledConnection, task: 'validate' | 'reset'): Promise<void> {
    const { connection } = pooled
    const forgotten = task === 'reset' && !connection.outsideTransaction && !pooled.rollbackExpected
    if (forgotten) this.#options.listener.onOpenTransaction(pooled)
    pooled.apply(task)
    this.#preparing++
    const generation = this.#generation
    const fit = await (task === 'reset' ? connection.reset() : connection.ping(this.#pingTimeout))
    this.#preparing--
    if (!fit || this.#ending) this.close(pooled)
    else this.#offer(pooled, this.#options.clock.now(), generation)
    this.#pump()
  }

  /** A dead path must not cost a caller its whole deadline. */
  get #pingTimeout(): number {
    return Math.min(1_000, this.#options.settings.connectTimeout || 1_000)
  }

  #offer(pooled: PooledConnection, now: number, generation = pooled.generation): void {
    pooled.apply('settled')
    if (pooled.state !== 'idle') return
    pooled.idleSince = now
    pooled.borrower = undefined
    pooled.generation = generation
    if (this.#queue.size > 0 && generation === this.#generation) return this.#serve(pooled, now)
    this.#rest(pooled)
    if (this.#queue.size > 0) this.#pump()
  }

  #dropIdle(pooled: PooledConnection): void {
    const index = this.#idle.indexOf(pooled)
    if (index !== -1) this.#idle.splice(index, 1)
  }

  #finishEnding(): void {
    if (this.#all.size > 0 || this.#closing > 0 || this.#connector.connecting > 0) return
    this.#onEnded?.()
  }
}
