import type { Client, PoolClient, QueryConfig } from 'pg'
import { type Callback, callBack } from '../base/call-back.js'
import { QUERY_CHANNEL } from '../base/channels.js'
import type { Clock } from '../base/clock.js'
import type { DeadlineWatch } from '../base/deadline-watch.js'
import { OptionsError } from '../base/errors.js'
import type { QueryRequest, Result } from '../base/execute.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { QueryTrace } from '../base/query-trace.js'
import type { GuardConnection, GuardedConnection, StatementGuard } from '../base/statement-guard.js'
import { SERVER_EPOCH } from '../base/transaction-id.js'
import { cancelRunning } from './cancel.js'
import { commented } from './commented.js'
import { identified } from './identified.js'
import { internals } from './pg-internals.js'
import type { PoolerWatch } from './pooler-watch.js'
import { publishQuery } from './publish-query.js'
import { type Outcome, type QueryHost, RunningQuery } from './running-query.js'
import { isFatal, isStaleStatement } from './sqlstate.js'
import { isSubmittable } from './submittable.js'
import type { SupervisedQuery } from './supervised-query.js'
import { type QueryExtras, toRequest } from './to-request.js'

/** How a connection behaves. */
export interface ConnectionOptions {
  readonly clock: Clock
  readonly deadlines: DeadlineWatch
  /** Milliseconds a query may take when it names no timeout; 0: no limit. */
  readonly queryTimeout: number
  /** Sees every statement of borrowers and transactions; absent: nobody does. */
  readonly guard?: GuardConnection | undefined
  /** What is known of a pooler in between; absent: there is none. */
  readonly pooler?: PoolerWatch | undefined
  /** Told of the statements of borrowers; absent: nobody is. */
  readonly observers?: QueryObservers | undefined
}

/** How long a cancel request, a polite goodbye or a check may take before the socket is destroyed. */
const HOUSEKEEPING_MS = 5_000

/** What our own statements are. */
const OWN_REQUEST = { readOnly: true, idempotent: true, rolledBackIfLost: true } as const
const AS_TEXT = { getTypeParser: () => (value: unknown) => value }

type QueryCallback = Callback<Result>

/**
 * One connection to PostgreSQL: pg's client, supervised. Every `client.query()` goes through it, also on a client
 * that the application borrowed, so that deadlines cancel on the server and errors know what was sent.
 */
export class PgConnection implements QueryHost, GuardedConnection {
  readonly client: PoolClient
  /** When it began to connect, in milliseconds on the clock. */
  readonly createdAt: number
  readonly #options: Omit<ConnectionOptions, 'guard'>
  /** Told once, when the connection is lost. */
  onLost: ((error: Error) => void) | undefined
  session = ''
  epoch: string | undefined
  #wasAskedForEpoch = false
  readonly #guard: StatementGuard | undefined
  #lost: Error | undefined
  #cancelling: Promise<void> | undefined
  #resetting: Promise<boolean> | undefined
  #wasCancelled = false
  /** Names of prepared statements that the server has to forget; none nearly always, so made when needed. */
  #staleStatements: Set<string> | undefined
  #place: string | undefined
  /** Of the statement that was sent last. */
  #trace: QueryTrace | undefined

  /** @param client connected, or about to be: its errors are listened to from here on */
  constructor(client: Client, options: ConnectionOptions) {
    if (internals(client).connection === undefined) {
      throw new OptionsError(
        'Client',
        'pg.Client or a subclass of it',
        'another class (pg-native is not supported)',
      )
    }
    this.client = client as PoolClient
    // Not all of them: what else it took to open this is not kept with each connection.
    const { clock, deadlines, queryTimeout, pooler, observers } = options
    this.#options = { clock, deadlines, queryTimeout, pooler, observers }
    this.createdAt = clock.now()
    this.#guard = options.guard?.(this)
    internals(client).connectionParameters.query_timeout = false
    // One listener for both: without one for 'error' a killed connection would end the process.
    const onEnd = (error = new Error('Connection terminated unexpectedly')) => this.#end(error)
    client.on('error', onEnd).on('end', onEnd)
    client.on('notice', ({ message }) => this.#trace?.explained(message))
    this.client.query = this.#borrowedQuery as PoolClient['query']
  }

  get clock(): Clock {
    return this.#options.clock
  }

  get deadlines(): DeadlineWatch {
    return this.#options.deadlines
  }

  get lost(): Error | undefined {
    return this.#lost ?? (internals(this.client)._ending ? new Error('Connection terminated') : undefined)
  }

  /** Whether a query can be sent at all. */
  get usable(): boolean {
    return this.#lost === undefined && internals(this.client)._queryable && !internals(this.client)._ending
  }

  /** Whether nothing runs, waits or is being cancelled: the server has said ReadyForQuery. */
  get quiet(): boolean {
    return this.#nothingRuns && !this.#wasCancelled && this.#staleStatements === undefined
  }

  /** Whether the server says that no transaction is open. */
  get outsideTransaction(): boolean {
    return this.transactionStatus() === 'I'
  }

  get processID(): number | null {
    return internals(this.client).processID
  }

  /** `host:port` of the server. */
  get place(): string {
    this.#place ??= `${this.client.host}:${this.client.port}`
    return this.#place
  }

  transactionStatus(): 'I' | 'T' | 'E' | null {
    return this.client.getTransactionStatus() as 'I' | 'T' | 'E' | null
  }

  /**
   * Runs a statement of a borrower, seen by the guard; settles within its deadline (plus 100 ms when a cancellation
   * has to be confirmed).
   */
  query(request: QueryRequest): Promise<Result> {
    if (this.#guard === undefined) return this.send(request)
    // The guard would take note of what is then not sent.
    const refusal = this.#options.pooler?.refusal(request, this)
    return refusal === undefined ? this.#guard.run(request, this.send) : Promise.reject(refusal)
  }

  /** As {@link PgConnection.query}, for a statement whose end observers are to be told. */
  queryObserved(request: QueryRequest): Promise<Result> {
    const { trace } = request
    if (trace === undefined) return this.query(request)
    trace.lent(0)
    trace.answeredBy(this.place)
    return trace.follow(this.query(request))
  }

  /** As {@link PgConnection.query}, past the guard. */
  readonly send = (request: QueryRequest): Promise<Result> =>
    new Promise((resolve, reject) => this.start(request, { resolve, reject }))

  /** What the connection does for itself is published to nobody. */
  #sendOwn(request: QueryRequest): Promise<Result> {
    return new Promise((resolve, reject) => this.#start(request, { resolve, reject }))
  }

  /** As {@link PgConnection.query}, for who needs to know in the very moment the answer is there. */
  start(request: QueryRequest, outcome: Outcome): void {
    this.#trace = request.trace
    if (!QUERY_CHANNEL.hasSubscribers) return this.#start(request, outcome)
    const run = (published: Outcome) => this.#start(request, published)
    publishQuery(this.client, request, { outcome, run })
  }

  #start(given: QueryRequest, outcome: Outcome): void {
    const request = identified(commented(given), this.outsideTransaction)
    if (request.capture !== undefined) request.capture.session = this.session
    const fitting = this.#options.pooler === undefined ? request : this.#options.pooler.fit(request, this)
    if (fitting instanceof Error) return outcome.reject(fitting)
    const { name } = fitting.config as { name?: string }
    const replacing = name === undefined ? outcome : this.#replacingStale({ request, outcome, name })
    new RunningQuery(this, fitting, replacing).start()
  }

  /** Runs statements of our own past the guard, within some milliseconds. */
  async tell(text: string, millis = HOUSEKEEPING_MS): Promise<void> {
    const now = this.clock.now()
    const limits = { startedAt: now, deadline: now + millis, signal: undefined }
    await this.#sendOwn({ config: text, values: undefined, ...limits, ...OWN_REQUEST })
  }

  /** Sets the server timeouts of a transaction that has just begun, where a pooler keeps sessions from having them. */
  async begun(): Promise<void> {
    const text = this.#options.pooler?.onBegin
    if (text !== undefined) await this.tell(text)
  }

  /**
   * Asks for the epoch of the server, once; what it cannot tell stays unknown.
   *
   * @throws why the connection was lost meanwhile
   */
  async learnEpoch(limits: Pick<QueryRequest, 'deadline' | 'signal'>): Promise<void> {
    if (this.#wasAskedForEpoch) return
    this.#wasAskedForEpoch = true
    const config = { text: `SELECT ${SERVER_EPOCH}`, rowMode: 'array', types: AS_TEXT } as QueryConfig
    const request = { ...OWN_REQUEST, ...limits, startedAt: this.clock.now(), config, values: undefined }
    const answer = (await this.#sendOwn(request).catch(error => {
      // Whoever comes next on this connection would be told less.
      if (isFatal(error)) throw error
    })) as { rows: string[][] } | undefined
    this.epoch = answer?.rows[0]?.[0] ?? undefined
  }

  /** One round trip that proves the connection alive: an empty query. */
  async ping(millis: number): Promise<boolean> {
    return this.#attempt('', millis)
  }

  /**
   * Makes the connection fit for its next borrower: waits until it is quiet (cancelling what still runs) and rolls
   * back an open transaction. False when that cannot be done in 5 s: close it then.
   */
  reset(): Promise<boolean> {
    this.#resetting ??= this.#reset().finally(() => {
      this.#resetting = undefined
    })
    return this.#resetting
  }

  async #reset(): Promise<boolean> {
    if (!this.quiet && !(await this.#becomeQuiet())) return false
    if (!this.outsideTransaction) await this.#attempt('ROLLBACK', HOUSEKEEPING_MS)
    if (this.outsideTransaction) {
      this.#guard?.ended('rolled-back')
      await this.#forgetStaleStatements()
    }
    return this.usable && this.outsideTransaction
  }

  /** Says goodbye; a server that does not answer is cut off after 5 s. */
  async close(): Promise<void> {
    const timer = this.clock.setTimeout(() => this.destroy(), HOUSEKEEPING_MS)
    await this.client.end().catch(() => undefined)
    this.clock.clearTimeout(timer)
  }

  /** Cuts the socket. */
  destroy(): void {
    internals(this.client).connection.stream.destroy()
  }

  submit(query: SupervisedQuery): void {
    this.#driverQuery(query)
  }

  withdraw(query: SupervisedQuery): void {
    const { _queryQueue } = internals(this.client)
    const index = _queryQueue.indexOf(query)
    if (index !== -1) _queryQueue.splice(index, 1)
  }

  cancel(): Promise<void> {
    this.#wasCancelled = true
    this.#cancelling ??= cancelRunning(this.client, HOUSEKEEPING_MS)
      .catch(() => this.destroy())
      .finally(() => {
        this.#cancelling = undefined
      })
    return this.#cancelling
  }

  async cancelSettled(): Promise<void> {
    await this.#cancelling
  }

  /**
   * When the server no longer knows a prepared statement, or its plan no longer fits, nothing was applied: outside
   * a transaction it is prepared anew and run again, once; inside, preparing anew has to wait for the rollback.
   */
  #replacingStale({
    request,
    outcome,
    name,
  }: {
    request: QueryRequest
    outcome: Outcome
    name: string
  }): Outcome {
    const replace = async (error: Error) => {
      this.#staleStatements ??= new Set()
      this.#staleStatements.add(name)
      // Of the transaction around an identity nothing was applied either.
      if (request.identity !== undefined && request.frame?.before[0] === 'BEGIN')
        await this.#attempt('ROLLBACK', HOUSEKEEPING_MS)
      if (!this.outsideTransaction) return outcome.reject(error)
      await this.#forgetStaleStatements()
      new RunningQuery(this, request, outcome).start()
    }
    return {
      resolve: result => outcome.resolve(result),
      reject: error => (isStaleStatement(error) ? void replace(error) : outcome.reject(error)),
    }
  }

  /** Remembers why the connection ended and tells whoever holds it, once. */
  #end(error: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.#guard?.ended('lost')
    this.onLost?.(error)
  }

  async #forgetStaleStatements(): Promise<void> {
    const { parsedStatements, submittedNamedStatements } = internals(this.client).connection
    for (const name of this.#staleStatements ?? []) {
      delete parsedStatements[name]
      delete submittedNamedStatements[name]
      // 26000 "does not exist" is as good as done.
      await this.#attempt(`DEALLOCATE ${this.client.escapeIdentifier(name)}`, HOUSEKEEPING_MS)
    }
    this.#staleStatements = undefined
  }

  /** The prototype's method at the time of the call, so that instrumentation of pg keeps working. */
  #driverQuery(config: unknown, second?: unknown, third?: unknown): unknown {
    const { query } = Object.getPrototypeOf(this.client) as { query: (...args: unknown[]) => unknown }
    return query.call(this.client, config, second, third)
  }

  /** Replaces `client.query`: same arguments and results as pg's, supervised. */
  readonly #borrowedQuery = (
    config: string | (QueryConfig & QueryExtras & { callback?: QueryCallback; submit?: unknown }),
    second?: unknown[] | QueryCallback,
    third?: QueryCallback,
  ): unknown => {
    if (isSubmittable(config)) return this.#submit(config as Submitted, second, third)
    if (config === null || config === undefined) return this.#driverQuery(config, second, third)
    const callback = [second, third, (config as { callback?: QueryCallback }).callback].find(isFunction)
    const values = isFunction(second) ? undefined : second
    const promise = this.#borrowed(config, values)
    if (callback === undefined) return promise
    return callBack(promise, callback)
  }

  #submit(config: Submitted, second?: unknown, third?: unknown): unknown {
    if (this.#guard === undefined) return this.#driverQuery(config, second, third)
    const start = () => void this.#driverQuery(config, second, third)
    this.#guard.submit(config.text ?? config.cursor?.text, {
      start,
      whenEnded: () => this.#settled(),
      send: this.send,
    })
    return config
  }

  async #borrowed(
    config: string | (QueryConfig & QueryExtras),
    values: unknown[] | undefined,
  ): Promise<Result> {
    try {
      const { queryTimeout, observers } = this.#options
      const trace = observers?.begin(config)
      const defaults = { now: trace?.startedAt ?? this.clock.now(), queryTimeout, trace }
      return await this.queryObserved(toRequest(config, values, defaults))
    } catch (error) {
      // The stack of the caller, not of the socket's read event.
      if (error instanceof Error) Error.captureStackTrace(error)
      throw error
    }
  }

  /** Waits for queries left running; after a cancellation also until no late signal can hit anybody else. */
  async #becomeQuiet(): Promise<boolean> {
    if (!(await this.#drained())) return false
    if (!this.#wasCancelled) return true
    await this.#cancelling
    // The first check may be what a late cancel signal hits; nothing can hit the second.
    const alive = (await this.#attempt('', HOUSEKEEPING_MS)) || (await this.#attempt('', HOUSEKEEPING_MS))
    this.#wasCancelled = false
    return alive
  }

  /** Whether what runs ends before the connection does. */
  #settled(): Promise<boolean> {
    return new Promise(resolve => {
      const settle = () => {
        this.client.off('drain', settle).off('end', settle)
        resolve(this.usable)
      }
      if (!this.usable || this.#nothingRuns) settle()
      else this.client.once('drain', settle).once('end', settle)
    })
  }

  /** Whether what was left running ends within 5 s. */
  #drained(): Promise<boolean> {
    return new Promise(resolve => {
      const settle = () => {
        this.clock.clearTimeout(timer)
        this.client.off('drain', settle).off('end', settle)
        resolve(this.usable && this.#nothingRuns)
      }
      const timer = this.clock.setTimeout(settle, HOUSEKEEPING_MS)
      if (!this.usable || this.#nothingRuns) settle()
      else this.client.once('drain', settle).once('end', settle)
    })
  }

  get #nothingRuns(): boolean {
    const { readyForQuery, _activeQuery, _queryQueue } = internals(this.client)
    return readyForQuery === true && !_activeQuery && _queryQueue.length === 0
  }

  /** Whether a statement of our own succeeds within some milliseconds. */
  #attempt(text: string, millis: number): Promise<boolean> {
    return this.tell(text, millis).then(
      () => true,
      () => false,
    )
  }
}

/** Something that talks to the driver by itself; cursors and streams carry their SQL in one of these places. */
interface Submitted {
  readonly text?: string
  readonly cursor?: { readonly text?: string }
}

function isFunction(value: unknown): value is QueryCallback {
  return typeof value === 'function'
}
