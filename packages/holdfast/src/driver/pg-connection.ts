import type { Client, ClientBase, PoolClient, QueryConfig } from 'pg'
import type { Clock } from '../base/clock.js'
import { OptionsError } from '../base/errors.js'
import type { QueryRequest, Result } from '../base/execute.js'
import { cancelRunning } from './cancel.js'
import { internals } from './pg-internals.js'
import { type QueryHost, RunningQuery, type Settle } from './running-query.js'
import { isStaleStatement } from './sqlstate.js'
import type { SupervisedQuery } from './supervised-query.js'
import { type QueryExtras, toRequest } from './to-request.js'

/** How a connection behaves. */
export interface ConnectionOptions {
  readonly clock: Clock
  /** Milliseconds a query may take when it names no timeout; 0: no limit. */
  readonly queryTimeout: number
}

/** How long a cancel request, a polite goodbye or a check may take before the socket is destroyed. */
const HOUSEKEEPING_MS = 5_000

interface StaleStatement {
  readonly request: QueryRequest
  readonly error: Error
  readonly settle: Settle
  /** It was prepared anew already. */
  readonly again: boolean
}

type QueryCallback = (error: Error | undefined, result?: Result) => void

/**
 * One connection to PostgreSQL: pg's client, supervised. Every `client.query()` goes through it, also on a client
 * that the application borrowed, so that deadlines cancel on the server and errors know what was sent.
 */
export class PgConnection implements QueryHost {
  readonly client: PoolClient
  readonly clock: Clock
  readonly #queryTimeout: number
  #lost: Error | undefined
  #cancelling: Promise<void> | undefined
  #wasCancelled = false
  readonly #staleStatements = new Set<string>()

  /** @param client connected, or about to be: its errors are listened to from here on */
  constructor(client: Client, { clock, queryTimeout }: ConnectionOptions) {
    if (internals(client).connection === undefined) {
      throw new OptionsError(
        'Client',
        'pg.Client or a subclass of it',
        'another class (pg-native is not supported)',
      )
    }
    this.client = client as PoolClient
    this.clock = clock
    this.#queryTimeout = queryTimeout
    internals(client).connectionParameters.query_timeout = false
    client.on('error', error => {
      this.#lost ??= error
    })
    client.on('end', () => {
      this.#lost ??= new Error('Connection terminated')
    })
    this.client.query = this.#borrowedQuery as PoolClient['query']
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
    return this.#nothingRuns && !this.#wasCancelled && this.#staleStatements.size === 0
  }

  /** Whether the server says that no transaction is open. */
  get outsideTransaction(): boolean {
    return this.client.getTransactionStatus() === 'I'
  }

  /** Runs a request; settles within its deadline (plus 100 ms when a cancellation has to be confirmed). */
  query(request: QueryRequest): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#run(request, (error, result) => (error ? reject(error) : resolve(result as Result)))
    })
  }

  /** One round trip that proves the connection alive: an empty query. */
  async ping(millis: number): Promise<boolean> {
    return this.#attempt('', millis)
  }

  /**
   * Makes the connection fit for its next borrower: waits until it is quiet (cancelling what still runs) and rolls
   * back an open transaction. False when that cannot be done in 5 s: close it then.
   */
  async reset(): Promise<boolean> {
    if (!this.quiet && !(await this.#becomeQuiet())) return false
    if (!this.outsideTransaction) await this.#attempt('ROLLBACK', HOUSEKEEPING_MS)
    if (this.outsideTransaction) await this.#forgetStaleStatements()
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

  #run(request: QueryRequest, settle: Settle, again = false): void {
    const onSettled: Settle = (error, result) => {
      if (error === undefined || !isStaleStatement(error)) return settle(error, result)
      void this.#replaceStatement({ request, error, settle, again })
    }
    new RunningQuery(this, request, onSettled).start()
  }

  /**
   * The server no longer knows a prepared statement, or its plan no longer fits. Nothing was applied, so outside a
   * transaction it is prepared anew and run again, once; inside, that has to wait for the rollback.
   */
  async #replaceStatement({ request, error, settle, again }: StaleStatement): Promise<void> {
    const name = typeof request.config === 'object' ? request.config.name : undefined
    if (name === undefined || again) return settle(error)
    this.#staleStatements.add(name)
    if (!this.outsideTransaction) return settle(error)
    await this.#forgetStaleStatements()
    this.#run(request, settle, true)
  }

  async #forgetStaleStatements(): Promise<void> {
    const { parsedStatements, submittedNamedStatements } = internals(this.client).connection
    for (const name of this.#staleStatements) {
      delete parsedStatements[name]
      delete submittedNamedStatements[name]
      // 26000 "does not exist" is as good as done.
      await this.#attempt(`DEALLOCATE ${this.client.escapeIdentifier(name)}`, HOUSEKEEPING_MS)
    }
    this.#staleStatements.clear()
  }

  /** The prototype's method at the time of the call, so that instrumentation of pg keeps working. */
  #driverQuery(...args: unknown[]): unknown {
    const { query } = Object.getPrototypeOf(this.client) as { query: (...args: unknown[]) => unknown }
    return query.apply(this.client, args)
  }

  /** Replaces `client.query`: same arguments and results as pg's, supervised. */
  readonly #borrowedQuery = (
    config: string | (QueryConfig & QueryExtras & { callback?: QueryCallback; submit?: unknown }),
    second?: unknown[] | QueryCallback,
    third?: QueryCallback,
  ): unknown => {
    if (config === null || config === undefined || isSubmittable(config)) {
      return this.#driverQuery(config, second, third)
    }
    const callback = [second, third, (config as { callback?: QueryCallback }).callback].find(isFunction)
    const values = isFunction(second) ? undefined : second
    const call = () => toRequest(config, values, { now: this.clock.now(), queryTimeout: this.#queryTimeout })
    if (callback === undefined) return this.#promised(call)
    this.#run(call(), (error, result) => callback(error, result))
    return undefined
  }

  async #promised(call: () => QueryRequest): Promise<Result> {
    try {
      return await this.query(call())
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

  async #attempt(text: string, millis: number): Promise<boolean> {
    const limits = { deadline: this.clock.now() + millis, signal: undefined }
    const flags = { readOnly: true, idempotent: true, rolledBackIfLost: true }
    return this.query({ config: text, values: undefined, ...limits, ...flags }).then(
      () => true,
      () => false,
    )
  }
}

function isSubmittable(config: unknown): config is ClientBase {
  return typeof (config as { submit?: unknown }).submit === 'function'
}

function isFunction(value: unknown): value is QueryCallback {
  return typeof value === 'function'
}
