import type { Client } from 'pg'
import type { Clock } from '../base/clock.js'
import { abortError } from '../base/deadline.js'
import type { DeadlineWatch, Expiring } from '../base/deadline-watch.js'
import { ConnectionLostError, OutcomeUnknownError, QueryTimeoutError, type Retry } from '../base/errors.js'
import type { QueryRequest, Result } from '../base/execute.js'
import { CapturedQuery } from './captured-query.js'
import { type Failure, failureKind, noteFailure, type Situation } from './failure.js'
import { FramedQuery } from './framed-query.js'
import { maskError } from './mask-error.js'
import { onceReady } from './once-ready.js'
import { internals } from './pg-internals.js'
import { isFatal, isSqlState } from './sqlstate.js'
import { SupervisedQuery } from './supervised-query.js'

/** What a running query needs of its connection. */
export interface QueryHost {
  readonly client: Client
  readonly clock: Clock
  readonly deadlines: DeadlineWatch
  /** The error that ended the connection, once it is lost. */
  readonly lost: Error | undefined
  /** Hands a query to the driver. */
  submit(query: SupervisedQuery): void
  /** Takes back a query that was not sent. */
  withdraw(query: SupervisedQuery): void
  /** Cancels what runs on the server; resolves when the server has taken note. Never rejects. */
  cancel(): Promise<void>
  /** Resolves when no cancel request is on its way any more. */
  cancelSettled(): Promise<void>
}

/** Told once how it ended. */
export interface Outcome {
  resolve(result: Result): void
  reject(error: Error): void
}

/**
 * After its time is up, how long a call waits for the server to confirm the cancellation. The answer decides
 * between "was not applied" and "unknown", and on a healthy network comes within a millisecond or two.
 */
const CONFIRMATION_MS = 100

/** Runs one request on one connection: watches its deadline and signal, cancels, and explains what went wrong. */
export class RunningQuery implements Expiring {
  readonly deadline: number
  watchIndex = -1
  readonly #host: QueryHost
  readonly #request: QueryRequest
  #query: SupervisedQuery | undefined
  #outcome: Outcome | undefined
  #onAbort: (() => void) | undefined
  #confirmation: NodeJS.Timeout | undefined
  #interruption: 'timeout' | 'abort' | undefined
  /** Tells the answer that came while a cancellation was under way. */
  #held: (() => void) | undefined
  #settled = false

  constructor(host: QueryHost, request: QueryRequest, outcome: Outcome) {
    this.deadline = request.deadline
    this.#host = host
    this.#request = request
    this.#outcome = outcome
    const query = queryFor(request)
    query.callback = (error, result) => this.#answered(error, result as Result)
    this.#query = query
  }

  /** Starts; a call that is already aborted is never sent. */
  start(): void {
    const { signal } = this.#request
    if (signal !== undefined) {
      if (signal.aborted) return this.#interrupt('abort')
      this.#onAbort = () => this.#interrupt('abort')
      signal.addEventListener('abort', this.#onAbort)
    }
    this.#host.deadlines.watch(this)
    if (this.#query !== undefined) this.#host.submit(this.#query)
  }

  expire(): void {
    this.#interrupt('timeout')
  }

  #answered(error: Error | null, result: Result): void {
    if (this.#settled) return
    if (error === null && this.#interruption === undefined) return this.#tell(error, result)
    this.#held = () => this.#tell(error, result)
    // Before the server is ready again, nobody knows whether its transaction goes on.
    if (error !== null && this.#isReadyAfter(error)) onceReady(this.#host.client, () => this.#release())
    else this.#release()
  }

  #release(): void {
    if (this.#interruption === undefined) this.#held?.()
    // The cancel request may still be on its way: the next statement must not be its victim.
    else this.#host.cancelSettled().then(this.#held)
  }

  /** Whether the server says that it is ready after this error; of a portal that is read in pieces, pg does not ask it to. */
  #isReadyAfter(error: Error): boolean {
    const { rows } = this.#query as { rows?: unknown }
    return isSqlState((error as { code?: unknown }).code) && !isFatal(error) && !rows
  }

  #tell(error: Error | null, result: Result): void {
    if (!error) return this.#finish(undefined, result)
    const isCancelled = this.#interruption !== undefined && (error as { code?: string }).code === '57014'
    this.#finish(isCancelled ? this.#interrupted('safe') : this.#explain(error))
  }

  #interrupt(interruption: 'timeout' | 'abort'): void {
    const query = this.#query
    if (query === undefined || this.#interruption !== undefined) return
    this.#interruption = interruption
    if (!query.submitted) {
      this.#host.withdraw(query)
      return this.#finish(this.#interrupted('safe'))
    }
    const giveUp = () => {
      if (this.#held !== undefined) this.#held()
      else this.#finish(this.#interrupted(this.#retryIfLost()))
    }
    this.#confirmation = this.#host.clock.setTimeout(giveUp, CONFIRMATION_MS)
    // In pg's pipeline mode another query may be the one that runs.
    if (internals(this.#host.client)._activeQuery === query) this.#host.cancel()
  }

  #finish(error: Error | undefined, result?: Result): void {
    if (this.#settled) return
    this.#settled = true
    this.#host.deadlines.unwatch(this)
    if (this.#confirmation !== undefined) this.#host.clock.clearTimeout(this.#confirmation)
    if (this.#onAbort !== undefined) this.#request.signal?.removeEventListener('abort', this.#onAbort)
    const [query, outcome] = [this.#query, this.#outcome]
    // Dead but in the old generation, this would keep younger calls and their results until a full collection.
    this.#query = undefined
    this.#outcome = undefined
    if (query !== undefined) query.callback = nothing
    if (error === undefined) outcome?.resolve(result as Result)
    else outcome?.reject(error)
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

  /** The error for the caller; what is known of the failure is written down for whoever may try again. */
  #explain(error: Error): Error {
    const masked = maskError(error, this.#query?.values)
    const isAnswer = isSqlState((masked as { code?: unknown }).code)
    const kind = !isAnswer && this.#host.lost !== undefined ? 'lost' : failureKind(masked)
    const isRejection = isAnswer && !isFatal(masked) && kind !== 'no-answer' && kind !== 'pooler-lost'
    const situation = isRejection ? this.#situationOfAnswered : this.#situationOfLost
    const failure = noteFailure(masked, kind, situation)
    const explained = this.#inWords(masked, failure)
    if (explained !== masked) noteFailure(explained, kind, situation)
    return explained
  }

  #inWords(error: Error, { kind, action }: Failure): Error {
    if (!isSqlState((error as { code?: unknown }).code))
      return this.#host.lost === undefined ? error : this.#lostError(error)
    // That it may be applied twice does not say that it was not applied.
    const isUndecided = kind === 'lost' && !this.#certainlyNotApplied()
    if (action === 'unknown' || isUndecided) return this.#lostError(error)
    return isFatal(error) && action !== 'never' ? Object.assign(error, { retry: 'safe' }) : error
  }

  get #situationOfAnswered(): Situation {
    return this.#request.rolledBackIfLost ? 'in-transaction' : 'rejected'
  }

  get #situationOfLost(): Situation {
    const { rolledBackIfLost, readOnly, idempotent } = this.#request
    if (rolledBackIfLost) return 'in-transaction'
    if (!this.#query?.sent) return 'not-sent'
    return readOnly || idempotent ? 'repeatable' : 'in-flight'
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
    return !this.#query?.sent || this.#request.readOnly || this.#request.rolledBackIfLost
  }
}

/** Most requests need nothing beyond supervision, and pay for nothing else. */
function queryFor(request: QueryRequest): SupervisedQuery {
  if (request.frame !== undefined) return new FramedQuery(request, request.frame)
  return request.capture === undefined ? new SupervisedQuery(request) : new CapturedQuery(request)
}

/** pg may still call back: after an error in binding parameters it does so twice. */
function nothing(): void {}
