import type { Client } from 'pg'
import type { Clock } from '../base/clock.js'
import { abortError } from '../base/deadline.js'
import { LONGEST_TIMER_MS } from '../base/duration.js'
import { ConnectionLostError, OutcomeUnknownError, QueryTimeoutError, type Retry } from '../base/errors.js'
import type { QueryRequest, Result } from '../base/execute.js'
import { maskError } from './mask-error.js'
import { internals } from './pg-internals.js'
import { isFatal } from './sqlstate.js'
import { SupervisedQuery } from './supervised-query.js'

/** What a running query needs of its connection. */
export interface QueryHost {
  readonly client: Client
  readonly clock: Clock
  /** The error that ended the connection, once it is lost. */
  readonly lost: Error | undefined
  /** Hands a query to the driver. */
  submit(query: SupervisedQuery): void
  /** Takes back a query that was not sent. */
  withdraw(query: SupervisedQuery): void
  /** Cancels what runs on the server; resolves when the server has taken note. Never rejects. */
  cancel(): Promise<void>
}

/** Called once, with an error or a result. */
export type Settle = (error: Error | undefined, result?: Result) => void

type Interruption = 'timeout' | 'abort'

/**
 * After its time is up, how long a call waits for the server to confirm the cancellation. The answer decides
 * between "was not applied" and "unknown", and on a healthy network comes within a millisecond or two.
 */
const CONFIRMATION_MS = 100

/** Runs one request on one connection: watches its deadline and signal, cancels, and explains what went wrong. */
export class RunningQuery {
  readonly #host: QueryHost
  readonly #request: QueryRequest
  readonly #query: SupervisedQuery
  readonly #settle: Settle
  #timer: NodeJS.Timeout | undefined
  #interruption: Interruption | undefined
  #settled = false

  constructor(host: QueryHost, request: QueryRequest, settle: Settle) {
    this.#host = host
    this.#request = request
    this.#settle = settle
    this.#query = new SupervisedQuery(request)
    this.#query.callback = (error, result) => this.#answered(error, result as Result)
  }

  /** Starts; a call whose time is already up is never sent. */
  start(): void {
    const { signal, deadline } = this.#request
    const millis = deadline - this.#host.clock.now()
    if (signal?.aborted) return this.#interrupt('abort')
    if (millis <= 0) return this.#interrupt('timeout')
    if (millis <= LONGEST_TIMER_MS) this.#arm(millis, () => this.#interrupt('timeout'))
    signal?.addEventListener('abort', this.#onAbort)
    this.#host.submit(this.#query)
  }

  readonly #onAbort = () => this.#interrupt('abort')

  #answered(error: Error | null, result: Result): void {
    if (this.#settled) return
    if (!error) return this.#finish(undefined, result)
    const cancelled = (error as { code?: string }).code === '57014'
    if (this.#interruption === undefined || !cancelled) return this.#finish(this.#explain(error))
    // The cancel request may still be on its way: the next statement must not be its victim.
    this.#host.cancel().then(() => this.#finish(this.#interrupted('safe')))
  }

  #interrupt(interruption: Interruption): void {
    if (this.#settled || this.#interruption !== undefined) return
    this.#interruption = interruption
    if (!this.#query.submitted) {
      this.#host.withdraw(this.#query)
      return this.#finish(this.#interrupted('safe'))
    }
    this.#arm(CONFIRMATION_MS, () => this.#finish(this.#interrupted(this.#retryIfLost())))
    // In pg's pipeline mode another query may be the one that runs.
    if (internals(this.#host.client)._activeQuery === this.#query) this.#host.cancel()
  }

  #arm(millis: number, onTime: () => void): void {
    this.#host.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#timer = this.#host.clock.setTimeout(onTime, millis)
  }

  #finish(error: Error | undefined, result?: Result): void {
    if (this.#settled) return
    this.#settled = true
    if (this.#timer !== undefined) this.#host.clock.clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
    this.#settle(error, result)
  }

  #interrupted(retry: Retry): Error {
    if (this.#interruption === 'abort' && this.#request.signal) return abortError(this.#request.signal, retry)
    const outcome = retry === 'safe' ? 'nothing was applied' : 'whether it was applied is unknown'
    return new QueryTimeoutError(
      'HOLDFAST_QUERY_TIMEOUT',
      `Query read timeout: the query ran past its deadline and was cancelled; ${outcome}. Give it more time with { timeout: '1m' } or the pool's query_timeout, or make it faster.`,
      { retry },
    )
  }

  #explain(error: Error): Error {
    const masked = maskError(error, this.#query.values)
    if (isFatal(masked)) return Object.assign(masked, { retry: this.#retryIfLost() })
    return this.#host.lost === undefined ? masked : this.#lostError(error)
  }

  #lostError(cause: Error): Error {
    const retry = this.#retryIfLost()
    if (this.#certainlyNotApplied()) {
      const message = `Connection terminated unexpectedly (${cause.message}); the statement was not applied.`
      return new ConnectionLostError('HOLDFAST_CONNECTION_LOST', message, { cause, retry })
    }
    const message = `Connection terminated unexpectedly (${cause.message}) after the statement was sent: it may or may not have been applied. Mark queries that are safe to repeat with readOnly or idempotent.`
    return new OutcomeUnknownError('HOLDFAST_OUTCOME_UNKNOWN', message, { cause, retry })
  }

  #retryIfLost(): Retry {
    return this.#certainlyNotApplied() || this.#request.idempotent ? 'safe' : 'unknown'
  }

  #certainlyNotApplied(): boolean {
    return !this.#query.sent || this.#request.readOnly || this.#request.rolledBackIfLost
  }
}
