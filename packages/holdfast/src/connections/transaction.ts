import type { QueryConfig, QueryResult, QueryResultRow } from 'pg'
import { abortError, type Limits, within } from '../base/deadline.js'
import type { Duration } from '../base/duration.js'
import { OptionsError, QueryTimeoutError, TransactionError } from '../base/errors.js'
import type { QueryRequest, Result } from '../base/execute.js'
import type { Priority } from '../base/priority.js'
import type { QueryExtras } from '../driver/to-request.js'
import type { PooledConnection } from './pooled-connection.js'
import type { TransactionRun } from './replay.js'
import type { XidWatch } from './xid-watch.js'

/** How a transaction runs. */
export interface TransactionOptions {
  /** Default: the server's `default_transaction_isolation`, normally read committed. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** The server refuses writes. Default: false. */
  readOnly?: boolean
  /** With serializable and readOnly: wait for a snapshot that cannot fail. Default: false. */
  deferrable?: boolean
  /** Time for all of it, waiting for a connection included. Default: none but those of its statements. */
  timeout?: Duration
  /** Cancels the running statement and rolls back. */
  signal?: AbortSignal
  /** Who gets a connection first when not all can be served. Default: `normal`. */
  priority?: Priority
  /**
   * How often the whole function may run when the server rolled it back for a conflict (40001, 40P01). Its
   * effects outside the database happen each time. Default: 1, with `replaySafe` that of the pool's `retry`.
   */
  attempts?: number
  /**
   * The function may run again as a whole also when the connection was lost before its COMMIT was sent. Default: false.
   */
  replaySafe?: boolean
  /**
   * Whether its id is learned before its COMMIT, so that `pool.resolveOutcome` can find out how it ended when no answer
   * comes. That costs the server one small statement. Default: true.
   */
  trackOutcome?: boolean
}

/** What the function of a transaction works with. */
export interface Transaction {
  /** As `client.query` of pg, with Holdfast's extras; on the transaction's connection. */
  query<R extends QueryResultRow = QueryResultRow>(
    config: string | (QueryConfig & QueryExtras),
    values?: unknown[],
  ): Promise<QueryResult<R>>
  /** A savepoint: an error of the function undoes only what it did, and is thrown again. Siblings take turns. */
  transaction<T>(fn: (tx: Transaction) => Promise<T> | T): Promise<T>
}

const ISOLATIONS = ['read committed', 'repeatable read', 'serializable']

/** The statement that begins a transaction. */
export function beginStatement({ isolation, readOnly, deferrable }: TransactionOptions): string {
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    throw new OptionsError('isolation', `one of ${ISOLATIONS.join(', ')}`, 'something else')
  }
  const modes = [
    isolation && `ISOLATION LEVEL ${isolation.toUpperCase()}`,
    readOnly && 'READ ONLY',
    deferrable && 'DEFERRABLE',
  ]
  return ['BEGIN', ...modes.filter(Boolean)].join(' ')
}

/** The limits of a transaction, and how the arguments of its statements become requests. */
export interface TransactionContext {
  readonly pooled: PooledConnection
  /** Told how far it has come. */
  readonly state: TransactionRun
  readonly limits: Limits
  /** Learns its id; absent where somebody else does, or nobody can. */
  readonly watch?: XidWatch | undefined
  /** The server refuses writes: a COMMIT without an answer has lost nothing. */
  readonly readOnly: boolean
  readonly toRequest: (
    config: string | (QueryConfig & QueryExtras),
    values: unknown[] | undefined,
  ) => QueryRequest
}

/**
 * Runs a function between BEGIN and COMMIT; an error rolls back and is thrown again.
 *
 * @throws TransactionError when the COMMIT turned into a rollback because a statement's error was swallowed, or
 *   when the function ended the transaction by hand; QueryTimeoutError and AbortError when a limit is reached
 */
export async function runTransaction<T>(
  context: TransactionContext,
  begin: string,
  fn: (tx: Transaction) => Promise<T> | T,
): Promise<T> {
  const { connection } = context.pooled
  const scope = new Scope(context, 0)
  await scope.run(begin)
  await connection.begun()
  let inTime = true
  const expired = (reason: 'timeout' | 'abort') => {
    inTime = false
    return limitError(reason, context.limits)
  }
  let value: T
  try {
    context.state.started = true
    const work = (async () => fn(scope))()
    value = await within(work, context.limits, { clock: connection.clock, error: expired })
  } catch (error) {
    scope.close()
    context.pooled.rollbackExpected = true
    context.state.endedByHand = connection.transactionStatus() === 'I'
    // Past its deadline the caller does not wait for the rollback: the release does it.
    if (inTime) await untilExpiry(connection.reset(), context)
    throw error
  }
  scope.close()
  await commit(context)
  return value
}

/** Waits for a rollback as long as the transaction may take: a server that has fallen silent needs longer. */
async function untilExpiry(
  rollback: Promise<boolean>,
  { limits, pooled }: TransactionContext,
): Promise<void> {
  const { clock } = pooled.connection
  const expired = (reason: 'timeout' | 'abort') => limitError(reason, limits)
  await within(rollback, limits, { clock, error: expired }).catch(() => undefined)
}

/** The error for a transaction that is cut off at its limit. */
function limitError(reason: 'timeout' | 'abort', { signal }: Limits): Error {
  if (reason === 'abort' && signal !== undefined) return abortError(signal, 'safe')
  const message = 'The transaction ran past its deadline and is rolled back; nothing was applied.'
  return new QueryTimeoutError('HOLDFAST_QUERY_TIMEOUT', message, { retry: 'safe' })
}

/** Ends the transaction and makes sure that it was a commit. */
async function commit(context: TransactionContext): Promise<void> {
  const { pooled, watch } = context
  const { connection } = pooled
  if (connection.usable && connection.quiet && connection.outsideTransaction) {
    throw new TransactionError(
      'HOLDFAST_TRANSACTION_CLOSED',
      'The function ended the transaction by hand; leave COMMIT and ROLLBACK to pool.transaction().',
    )
  }
  // Past its deadline or aborted, a transaction must not be committed.
  const request = { ...context.toRequest('COMMIT', undefined), ...context.limits, readOnly: context.readOnly }
  await watch?.ask(request, connection.send)
  const { command } = (await connection.queryObserved(request).catch(error => {
    watch?.note(error)
    throw error
  })) as { command: string }
  if (command === 'COMMIT') return
  throw new TransactionError(
    'HOLDFAST_TRANSACTION_ABORTED',
    'The transaction was rolled back: one of its statements failed and the error was swallowed. Run statements that may fail in tx.transaction(), which is a savepoint.',
  )
}

/** A transaction or a savepoint inside one; over when its function has returned. */
class Scope implements Transaction {
  readonly #context: TransactionContext
  readonly #depth: number
  #open = true
  /** The sibling that has the savepoint now. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(context: TransactionContext, depth: number) {
    this.#context = context
    this.#depth = depth
  }

  close(): void {
    this.#open = false
  }

  async query<R extends QueryResultRow>(
    config: string | (QueryConfig & QueryExtras),
    values?: unknown[],
  ): Promise<QueryResult<R>> {
    if (!this.#open) throw closedError()
    const request = this.#context.toRequest(config, values)
    const { deadline, signal } = this.#context.limits
    const limits = {
      deadline: Math.min(request.deadline, deadline),
      signal: anySignal(request.signal, signal),
    }
    return (await this.#send({ ...request, ...limits })) as QueryResult<R>
  }

  transaction<T>(fn: (tx: Transaction) => Promise<T> | T): Promise<T> {
    const turn = this.#turn.then(() => this.#savepoint(fn))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Runs a statement of the transaction itself. */
  async run(statement: string): Promise<void> {
    await this.#send({ ...this.#context.toRequest(statement, undefined), ...this.#context.limits })
  }

  async #savepoint<T>(fn: (tx: Transaction) => Promise<T> | T): Promise<T> {
    if (!this.#open) throw closedError()
    const name = `holdfast_${this.#depth + 1}`
    const scope = new Scope(this.#context, this.#depth + 1)
    await this.run(`SAVEPOINT ${name}`)
    try {
      const value = await fn(scope)
      await this.run(`RELEASE SAVEPOINT ${name}`)
      return value
    } catch (error) {
      // Where even this fails the connection is lost and everything is rolled back.
      await this.run(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`).catch(() => undefined)
      throw error
    } finally {
      scope.close()
    }
  }

  async #send(given: QueryRequest): Promise<Result> {
    const { pooled, watch } = this.#context
    const request = { ...given, rolledBackIfLost: true }
    if (watch === undefined) return pooled.connection.queryObserved(request)
    const watched = watch.around(request)
    const result = await pooled.connection.queryObserved(watched)
    watch.answered(watched)
    return result
  }
}

/** A signal that fires with either. */
function anySignal(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return AbortSignal.any([a, b])
}

/** The error for a statement that comes after the end. */
function closedError(): TransactionError {
  const message = 'The transaction is over. Await every statement inside the function of pool.transaction().'
  return new TransactionError('HOLDFAST_TRANSACTION_CLOSED', message)
}
