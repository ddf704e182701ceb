import { POOL_CONNECT_CHANNEL } from '../base/channels.js'
import type { Clock } from '../base/clock.js'
import { abortError, deadlineAfter, type Limits } from '../base/deadline.js'
import type { DeadlineWatch } from '../base/deadline-watch.js'
import type { PoolNumbers } from '../base/errors.js'
import type { PoolSettings } from '../base/options.js'
import { rankOf } from '../base/priority.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { saysFull } from '../driver/pooler-errors.js'
import { Connector } from './connector.js'
import { connectionsToOpen, movingAverage } from './growth.js'
import { LendingLimit } from './lending-limit.js'
import type { NodeHealth } from './node-health.js'
import { jitteredLifetime, PooledConnection } from './pooled-connection.js'
import { publishLending, publishRelease, publishRemoval } from './publish-pool.js'
import { Refusals } from './refusals.js'
import { ServerShare } from './server-share.js'
import { type Caller, Waiter, type WaitingRoom } from './waiter.js'
import { WaitingLine } from './waiting-line.js'

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

/** Told how long things took, in milliseconds. */
export interface ConnectionTimes {
  opened(millis: number): void
  /** Somebody got a connection after so long. */
  lent(millis: number): void
  released(millis: number): void
  /** Somebody got none in time. */
  timedOut(): void
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
  readonly times?: ConnectionTimes | undefined
}

/** Lends connections: which one, to whom, and when to open or close one. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #connector: Connector
  readonly #refusals: Refusals
  readonly #all = new Set<PooledConnection>()
  /** The last one given back is lent first, so that the others can grow old and go. */
  readonly #idle: PooledConnection[] = []
  readonly #line: WaitingLine
  readonly #lending: LendingLimit
  /** Connections being validated or reset. */
  #preparing = 0
  #closing = 0
  #generation = 0
  #useTime = 0
  readonly #share: ServerShare
  #ending = false
  #onEnded: (() => void) | undefined

  constructor(options: ConnectionPoolOptions) {
    const { max, overload } = options.settings
    this.#options = options
    this.#lending = new LendingLimit(max, overload)
    this.#share = new ServerShare(max)
    this.#line = new WaitingLine({
      ...overload,
      turn: max,
      isGrowing: () => this.#connector.connecting > 0,
      shed: (waiter, now) => waiter.refuse(this.#refusals.shed(waiter, now)),
    })
    this.#connector = new Connector({
      ...options,
      attempts: options.settings.connectAttempts,
      onOpened: connection => this.#opened(connection),
      onFailed: error => this.#openFailed(error),
      onWake: () => this.#wake(),
    })
    this.#refusals = new Refusals({
      connector: this.#connector,
      line: this.#line,
      clock: options.clock,
      connections: this.#all,
      numbers: () => this.numbers(),
      whyNot: options.whyNot,
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
    return this.#line.size
  }

  get connectingCount(): number {
    return this.#connector.connecting
  }

  /** Whether the server can be reached as far as the pool knows; a full one can, by the connections that there are. */
  get reachable(): boolean {
    return this.#connector.lastError === undefined || (this.#share.isLimited && this.#all.size > 0)
  }

  /** Why nobody can be served at this moment; absent when it takes a caller to find out more. */
  get outage(): Error | undefined {
    return this.#refusals.outage
  }

  /** Whether calls are being turned away because more come in than can be served. */
  get overloaded(): boolean {
    return this.#line.overloaded
  }

  /** Callers turned away since the pool was made, by reason. */
  get shedCounts() {
    return this.#refusals.shedCounts
  }

  /** The breaker of the server, and what it knows. */
  get health(): NodeHealth {
    return this.#connector.health
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
      waiting: this.#line.size,
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
    if (!POOL_CONNECT_CHANNEL.hasSubscribers) return this.#lendTo(caller, limits)
    publishLending(caller, this.numbers(), published => this.#lendTo(published, limits))
  }

  /** Takes a connection back. `destroy`: whatever its state, it is closed. */
  release(pooled: PooledConnection, destroy?: unknown): void {
    const now = this.#options.clock.now()
    this.#useTime = movingAverage(this.#useTime, now - pooled.lentAt)
    if (this.#lending.isLimited) this.#lending.used(now - pooled.lentAt, this.#activeCount, now)
    this.#options.times?.released(now - pooled.lentAt)
    this.#options.listener.onRelease(pooled, destroy)
    publishRelease(pooled, destroy)
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
      publishRemoval(pooled)
      this.#pump()
    })
  }

  /** From now on every connection is checked before it is lent: something happened to the server or the process. */
  distrust(): void {
    this.#generation++
    this.#options.listener.onDistrust()
  }

  /** Closes what is idle, and checks what is lent before it is lent again: another server may be the right one. */
  evict(): void {
    this.distrust()
    for (const pooled of [...this.#idle]) this.close(pooled)
  }

  /** Opens connections until `count` are idle or on their way, within `max`. */
  refill(count: number): void {
    const missing = count - this.#idle.length - this.#connector.connecting
    this.#connector.start(Math.min(missing, this.#free))
  }

  /** The server, or the pooler before it, has no more connections than the pool has: it is content with them. */
  serverIsFull(): void {
    this.#share.refused(this.#all.size, this.#options.clock.now())
  }

  /** Asks something of our own over a connection that nobody uses, in the background; `undefined`: no answer. */
  async useIdle<T>(ask: (connection: PgConnection) => Promise<T>): Promise<T | undefined> {
    const pooled = this.#idle.shift()
    if (pooled === undefined) return undefined
    const { connection } = pooled
    let answer: T | undefined
    await this.#prepare(pooled, 'validate', async () => {
      answer = await ask(connection).catch(() => undefined)
      return connection.usable && connection.quiet && connection.outsideTransaction
    })
    return answer
  }

  /**
   * Refuses new callers, rejects those that wait, closes connections as they come back.
   *
   * @returns when the last connection is closed
   */
  end(): Promise<void> {
    this.#ending = true
    const error = this.#refusals.ended()
    this.#connector.stop(error)
    for (const waiter of this.#line) waiter.refuse(error)
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

  /** How many of them the server lets us have. */
  get #free(): number {
    if (!this.#share.isLimited) return this.#capacity
    return Math.min(this.#capacity, this.#share.most(this.#options.clock.now()) - this.totalCount)
  }

  /** How many of them are wanted. */
  get #room(): number {
    return this.#lending.isLimited ? Math.min(this.#free, this.#lending.limit - this.totalCount) : this.#free
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
  #take({ priority }: Limits): PooledConnection | undefined {
    const top = this.#idle.at(-1)
    if (top === undefined || this.#line.size > 0) return undefined
    if (this.#lending.isLimited && this.#lending.lowestRank(this.#activeCount) < rankOf(priority))
      return undefined
    const now = this.#options.clock.now()
    if (!this.#isFresh(top, now)) return undefined
    this.#idle.pop()
    this.#options.times?.lent(0)
    return this.#lend(top, now)
  }

  #lendTo(caller: Caller, limits: Limits): void {
    const pooled = this.#take(limits)
    if (pooled === undefined) this.#enqueue(limits, caller)
    else caller.serve(pooled)
  }

  #enqueue({ deadline, signal, priority }: Limits, caller: Caller): void {
    const { clock, settings, deadlines } = this.#options
    const since = clock.now()
    const limit = Math.min(deadline, deadlineAfter(since, settings.connectTimeout))
    const waiter = new Waiter(this.#waitingRoom, caller, { since, deadline: limit, signal, priority })
    const refusal = this.#refusal(waiter)
    if (refusal !== undefined) return waiter.refuse(refusal)
    this.#line.add(waiter)
    deadlines.watch(waiter)
    this.#pump()
    this.#line.relieve(since)
  }

  /** Why a caller need not even wait. */
  #refusal(waiter: Waiter): Error | undefined {
    if (this.#ending) return this.#refusals.ended()
    const { connecting } = this.#connector
    const soon = this.#capacity + this.#preparing + connecting + this.#idle.length
    const prospect = {
      places: this.#options.settings.overload.maxWaiting + soon,
      isGrown: this.#room <= 0 && connecting === 0,
    }
    return this.#refusals.unavailable(waiter.deadline) ?? this.#refusals.overload(waiter, prospect)
  }

  readonly #waitingRoom: WaitingRoom = {
    left: waiter => {
      this.#options.deadlines.unwatch(waiter)
      this.#line.remove(waiter)
    },
    timeoutError: millis => {
      this.#options.times?.timedOut()
      return this.#refusals.timeout(millis)
    },
    abortError: signal => abortError(signal, 'safe', this.numbers()),
  }

  /** Matches callers with connections, then connections with demand. */
  #pump(): void {
    if (this.#ending) return this.#finishEnding()
    const now = this.#options.clock.now()
    while (this.#idle.length > 0 && this.#line.has(this.#lending.lowestRank(this.#activeCount))) {
      const pooled = this.#idle.pop() as PooledConnection
      if (this.#isFresh(pooled, now)) this.#serve(pooled, now)
      else if (this.#isSpent(pooled, now)) this.close(pooled)
      else this.#prepare(pooled, 'validate')
      if (this.#preparing >= this.#line.size) break
    }
    if (this.#line.size > 0) this.#grow(now)
  }

  /** Lends a connection that nobody holds to whose turn it is. False when nobody may have it. */
  #serve(pooled: PooledConnection, now: number): boolean {
    // The connection itself counts as active already.
    const waiter = this.#line.take(now, this.#lending.lowestRank(this.#activeCount - 1))
    if (waiter === undefined) return false
    this.#options.times?.lent(now - waiter.since)
    waiter.serve(this.#lend(pooled, now))
    return true
  }

  #grow(now: number): void {
    const { connecting, connectTime, lastError } = this.#connector
    // As large as it may get, and the server is there: what each caller of a busy pool finds.
    if (lastError === undefined && this.#room <= 0) return
    const longestWait = now - this.#line.oldestSince(now)
    const open = connectionsToOpen({
      waiting: this.#line.size,
      coming: this.#preparing + connecting,
      connecting,
      active: this.#activeCount,
      room: this.#room,
      useTime: this.#useTime,
      connectTime,
      longestWait,
      pressure: now - this.#line.pressureSince,
    })
    // Asked first: the backoff may end in between, and then nobody would come back to it.
    const nextAttempt = this.#connector.millisToNextAttempt
    if (open > 0) this.#connector.start(open)
    if (nextAttempt > 0) this.#connector.wakeAfter(nextAttempt, true)
    else if (open === 0 && this.#room > 0) this.#connector.wakeAfter(connectTime - longestWait + 1, true)
  }

  #wake(): void {
    if (this.#connector.lastError !== undefined && this.#free > 0) this.#connector.start(1)
    this.#pump()
  }

  #opened(connection: PgConnection): void {
    const { clock, settings, random, listener, times } = this.#options
    const lifetime = jitteredLifetime(settings.maxLifetime, random())
    const pooled = new PooledConnection(connection, {
      now: clock.now(),
      lifetime,
      generation: this.#generation,
    })
    times?.opened(pooled.idleSince - connection.createdAt)
    connection.onLost = error => this.#lost(pooled, error)
    if (this.#all.size === 0) this.#line.becameAvailable(clock.now())
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
    if (saysFull(error)) this.serverIsFull()
    // While connections exist they may still serve those who wait.
    if (this.#all.size === 0) {
      for (const waiter of this.#line) {
        const error = this.#refusals.afterFailure(waiter.deadline)
        if (error !== undefined) waiter.refuse(error)
      }
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
  async #prepare(
    pooled: PooledConnection,
    task: 'validate' | 'reset',
    work = () => (task === 'reset' ? pooled.connection.reset() : pooled.connection.ping(this.#pingTimeout)),
  ): Promise<void> {
    const { connection } = pooled
    const forgotten = task === 'reset' && !connection.outsideTransaction && !pooled.rollbackExpected
    if (forgotten) this.#options.listener.onOpenTransaction(pooled)
    pooled.apply(task)
    this.#preparing++
    const generation = this.#generation
    const fit = await work()
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
    const isServed = this.#line.size > 0 && generation === this.#generation && this.#serve(pooled, now)
    if (!isServed) this.#rest(pooled)
    if (this.#line.size > 0 && !(isServed && !this.#lending.isLimited)) this.#pump()
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
