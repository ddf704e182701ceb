import type { QueryRequest, Result } from '../base/execute.js'
import type { OptInCode, RetryAction } from '../base/retry-action.js'
import { type Failure, failureKind, failureOf, retryAction } from '../driver/failure.js'
import { saysFull } from '../driver/pooler-errors.js'
import type { Outcome } from '../driver/running-query.js'
import type { Retrier } from '../resilience/retrier.js'
import type { ConnectionPool } from './connection-pool.js'
import type { PooledConnection } from './pooled-connection.js'
import type { Caller } from './waiter.js'

/** What the calls of a pool share. */
export interface CallContext {
  readonly connections: ConnectionPool
  readonly retrier: Retrier
  readonly now: () => number
  /** Errors that the application wants to be retried besides. */
  readonly optIn: ReadonlySet<OptInCode>
  /** Whether an error of a text proves that nothing of it was applied. */
  readonly rollsBackWhole: (text: string | undefined) => Promise<boolean>
  readonly log: ((message: string) => void) | undefined
}

/**
 * Runs a request on a connection of the pool, again where that is safe and promising.
 *
 * @throws the error of the last attempt
 */
export function callDatabase(context: CallContext, request: QueryRequest): Promise<Result> {
  context.retrier.count()
  return new Promise((resolve, reject) => new DatabaseCall(context, request, { resolve, reject }).start())
}

/** A connection gives back in the moment the answer is there: the next caller need not wait for ours. */
class DatabaseCall implements Caller, Outcome {
  readonly #context: CallContext
  readonly #request: QueryRequest
  /** Forgotten when it was told: dead but in the old generation, the call would keep younger results. */
  #outcome: Outcome | undefined
  #pooled: PooledConnection | undefined
  #lastError: Error | undefined
  #failures = 0
  #since = 0
  /** Since when it waits for a connection; absent when nobody observes, or when it need not wait. */
  #waitingSince: number | undefined = undefined

  constructor(context: CallContext, request: QueryRequest, outcome: Outcome) {
    this.#context = context
    this.#request = request
    this.#outcome = outcome
  }

  start(): void {
    const { connections, now } = this.#context
    connections.lend(this.#request, this)
    const waits = this.#request.trace !== undefined && this.#pooled === undefined
    if (waits) this.#waitingSince ??= now()
  }

  serve(pooled: PooledConnection): void {
    this.#pooled = pooled
    this.#request.trace?.lent(this.#waited(pooled))
    this.#context.log?.('dispatching query')
    if (!this.#request.guarded) return pooled.connection.start(this.#request, this)
    // A statement that may write or change its session: the connection's guard sees it.
    pooled.connection.query(this.#request).then(
      result => this.resolve(result),
      error => this.reject(error),
    )
  }

  refuse(error: Error): void {
    const kind = failureKind(error)
    this.#failed(error, { kind, situation: 'not-sent', action: retryAction(kind, 'not-sent') })
  }

  resolve(result: Result): void {
    this.#giveBack()
    const outcome = this.#outcome
    this.#outcome = undefined
    outcome?.resolve(result)
  }

  reject(error: Error): void {
    const failure = failureOf(error)
    this.#giveBack(failure?.action === 'primary')
    if (failure?.kind === 'pooler-limited' && saysFull(error)) this.#context.connections.serverIsFull()
    this.#failed(error, failure)
  }

  #waited({ lentAt }: PooledConnection): number {
    const since = this.#waitingSince
    this.#waitingSince = undefined
    return since === undefined ? 0 : Math.max(0, lentAt - since)
  }

  #giveBack(destroy = false): void {
    const { connections, log } = this.#context
    log?.('query dispatched')
    const pooled = this.#pooled
    this.#pooled = undefined
    if (pooled === undefined) return
    // The transaction around an identity stays open, failed, when its statement does: the release ends it.
    if (this.#request.identity !== undefined) pooled.rollbackExpected = true
    this.#request.trace?.answeredBy(pooled.connection.place)
    connections.release(pooled, destroy || undefined)
  }

  #failed(error: Error, failure: Failure | undefined): void {
    const action = failure === undefined ? 'never' : this.#allowed(failure.action, error)
    if (failure === undefined || action === 'never' || action === 'unknown') return this.#end(error)
    if (this.#failures === 0) {
      this.#since = failure.situation === 'not-sent' ? this.#request.startedAt : this.#context.now()
    }
    // Told again between two attempts to connect, it is no other failure.
    if (error !== this.#lastError) this.#failures++
    this.#lastError = error
    if (this.#request.trace !== undefined) this.#waitingSince ??= this.#context.now()
    this.#again(error, { ...failure, action }).catch(last => this.#end(last))
  }

  #end(error: Error): void {
    if (this.#waitingSince !== undefined) {
      this.#request.trace?.waited(this.#context.now() - this.#waitingSince)
    }
    const outcome = this.#outcome
    this.#outcome = undefined
    this.#lastError = undefined
    outcome?.reject(error)
  }

  /** What the request and the options leave of an action. */
  #allowed(action: RetryAction, error: Error): RetryAction {
    const { connections, optIn } = this.#context
    if (this.#request.retry === false) return 'never'
    if (action === 'opt-in')
      return optIn.has((error as { code?: string }).code as OptInCode) ? action : 'never'
    // A server that was never reached is a mistake more often than an outage.
    return action === 'wait' && !connections.health.proven ? 'never' : action
  }

  async #again(error: Error, { action, situation }: Failure): Promise<void> {
    const { retrier, connections } = this.#context
    if (situation === 'rejected' && !(await this.#rolledBack())) throw error
    await retrier.pause({
      error,
      action,
      limits: this.#request,
      failures: this.#failures,
      since: this.#since,
    })
    if (action === 'primary') connections.evict()
    this.start()
  }

  async #rolledBack(): Promise<boolean> {
    const { config, readOnly, idempotent } = this.#request
    if (readOnly || idempotent) return true
    return this.#context.rollsBackWhole(typeof config === 'string' ? config : config.text).catch(() => false)
  }
}
