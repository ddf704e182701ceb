/**
 * What kind of failure an error is, for people and for `switch`. Stable: a category is never renamed.
 *
 * `conflict` is a serialization failure or deadlock; `undefined-object` a missing database, table, column or
 * function; `resources` a full disk, memory or lock table; `invalid-input` a value PostgreSQL could not accept.
 */
export type ErrorCategory =
  | 'authentication'
  | 'permission'
  | 'refused'
  | 'unreachable'
  | 'tls'
  | 'timeout'
  | 'aborted'
  | 'cancelled'
  | 'connection-lost'
  | 'outcome-unknown'
  | 'overloaded'
  | 'shut-down'
  | 'duplicate'
  | 'missing-reference'
  | 'check-violated'
  | 'not-null-violated'
  | 'exclusion-violated'
  | 'invalid-input'
  | 'conflict'
  | 'lock-unavailable'
  | 'read-only'
  | 'undefined-object'
  | 'syntax'
  | 'resources'
  | 'transaction'
  | 'configuration'
  | 'internal'

/**
 * Whether running the same call again can apply it twice. `safe`: it was not applied (never sent, or rolled back
 * for certain). `unknown`: it was sent and no answer proves what became of it. `never`: it would fail again.
 */
export type Retry = 'safe' | 'unknown' | 'never'

interface CodeEntry {
  readonly category: ErrorCategory
  readonly retry: Retry
  /** One sentence for the reference page: when this error is thrown and what to do. */
  readonly about: string
}

/** Every code a {@link HoldfastError} can carry. `docs/reference/errors.md` is tested against this table. */
export const ERROR_CODES = {
  HOLDFAST_OPTIONS: {
    category: 'configuration',
    retry: 'never',
    about: 'An option is unknown or impossible. `path`, `expected` and `given` say which and why.',
  },
  HOLDFAST_INVALID_QUERY: {
    category: 'invalid-input',
    retry: 'never',
    about: 'The query cannot be sent: no text, a NUL character in the SQL, or more than 65,535 parameters.',
  },
  HOLDFAST_POOL_TIMEOUT: {
    category: 'timeout',
    retry: 'safe',
    about:
      'No connection became free in time. The message says whether the pool was busy or the server down.',
  },
  HOLDFAST_OVERLOADED: {
    category: 'overloaded',
    retry: 'safe',
    about:
      'More calls than the database can serve. `reason`: `queue full`, `shed`, or `hopeless deadline`; try again after `retryAfter` ms.',
  },
  HOLDFAST_UNAVAILABLE: {
    category: 'unreachable',
    retry: 'safe',
    about:
      'The server is away and the next attempt to reach it comes after the deadline of the call. The last failure is the `cause`; `retryAfter` says when to try again.',
  },
  HOLDFAST_POOL_ENDED: {
    category: 'shut-down',
    retry: 'never',
    about: 'The pool was ended. Nothing was sent.',
  },
  HOLDFAST_CONNECT_REFUSED: {
    category: 'refused',
    retry: 'safe',
    about: 'Nothing listens at the address. Check that PostgreSQL runs and that host and port are right.',
  },
  HOLDFAST_CONNECT_TIMEOUT: {
    category: 'timeout',
    retry: 'safe',
    about: 'The server did not complete the connection within `connectionTimeoutMillis`.',
  },
  HOLDFAST_CONNECT_UNREACHABLE: {
    category: 'unreachable',
    retry: 'safe',
    about: 'The host name does not resolve or no route leads to it.',
  },
  HOLDFAST_CONNECT_PASSWORD: {
    category: 'authentication',
    retry: 'never',
    about:
      'The server asks for a password and none could be given: none is configured, or the password function failed.',
  },
  HOLDFAST_CONNECT_TLS: {
    category: 'tls',
    retry: 'never',
    about:
      'TLS could not be agreed on or the certificate could not be verified. Give a CA (`ssl.ca`, `sslrootcert`).',
  },
  HOLDFAST_CONNECT_FAILED: {
    category: 'connection-lost',
    retry: 'safe',
    about: 'The connection broke before it was ready for a query. Nothing was sent.',
  },
  HOLDFAST_NO_HOST: {
    category: 'unreachable',
    retry: 'safe',
    about:
      'None of the hosts can be used, or none fits `target_session_attrs`. The message says of each host why.',
  },
  HOLDFAST_CONNECTION_LOST: {
    category: 'connection-lost',
    retry: 'safe',
    about:
      'The connection was lost and the statement certainly not applied: it had not been sent, only read, or its transaction was never committed.',
  },
  HOLDFAST_OUTCOME_UNKNOWN: {
    category: 'outcome-unknown',
    retry: 'unknown',
    about:
      'The connection was lost after the statement had been sent and before the answer came: it may have been applied. `pool.resolveOutcome(error)` finds out where the transaction is known (`xid`).',
  },
  HOLDFAST_QUERY_TIMEOUT: {
    category: 'timeout',
    retry: 'unknown',
    about:
      'The query ran past its time and was cancelled on the server. `retry` is `safe` when the server confirmed that.',
  },
  HOLDFAST_ABORTED: {
    category: 'aborted',
    retry: 'unknown',
    about: 'The `AbortSignal` fired. The reason is the `cause`; `retry` is `safe` when nothing was applied.',
  },
  HOLDFAST_TRANSACTION_ABORTED: {
    category: 'transaction',
    retry: 'never',
    about: 'A statement failed, its error was swallowed, and the COMMIT therefore rolled everything back.',
  },
  HOLDFAST_TRANSACTION_CLOSED: {
    category: 'transaction',
    retry: 'never',
    about: 'The transaction is over: its function returned, or it was ended by hand.',
  },
  HOLDFAST_POOLER_MODE: {
    category: 'configuration',
    retry: 'never',
    about:
      'The statement needs a session of its own, and through a pooler in transaction mode there is none. Nothing was sent; the message says what to do instead.',
  },
  HOLDFAST_IDENTITY: {
    category: 'permission',
    retry: 'never',
    about:
      'An identity of `pool.as` that must not be handed over (its role is not listed or passes by row-level security, its claims are none), or a statement that would leave it. Nothing was sent.',
  },
  HOLDFAST_CACHE_UNMARKABLE: {
    category: 'unreachable',
    retry: 'safe',
    about:
      'A write was rolled back because Redis could not be told about it and `cache.onUnmarkable` is `fail`.',
  },
  HOLDFAST_CACHE_UNAVAILABLE: {
    category: 'unreachable',
    retry: 'safe',
    about:
      'The shared cache gave no answer in time or refused one. Reads go to the database; queries never fail with this.',
  },
  HOLDFAST_MIGRATION: {
    category: 'configuration',
    retry: 'never',
    about: 'A migration file is missing, misnamed, changed after it ran, or failed. The message names it.',
  },
  HOLDFAST_DOCTOR: {
    category: 'transaction',
    retry: 'never',
    about: 'The connection given to the doctor is inside a transaction. Nothing was done.',
  },
} as const satisfies Record<string, CodeEntry>

/** A stable error code of Holdfast's own. PostgreSQL's errors keep their SQLSTATE instead. */
export type HoldfastErrorCode = keyof typeof ERROR_CODES

/** The pool at the moment of an error. All counts are connections, `waiting` is callers. */
export interface PoolNumbers {
  readonly name: string
  readonly max: number
  readonly total: number
  readonly active: number
  readonly idle: number
  readonly connecting: number
  readonly waiting: number
}

/** What a {@link HoldfastError} can be given besides its code and message. */
export interface ErrorDetails {
  readonly cause?: unknown
  readonly retry?: Retry
  readonly category?: ErrorCategory
  readonly pool?: PoolNumbers
  readonly retryAfter?: number
}

/** The base of every error that Holdfast itself makes. Never carries a password, URL or parameter value. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError'
  readonly code: HoldfastErrorCode
  readonly category: ErrorCategory
  readonly retry: Retry
  /** The pool's numbers when the error was made; absent where no pool was involved. */
  readonly pool?: PoolNumbers
  /** In how many milliseconds another try may succeed, as far as the pool can tell; absent where it cannot. */
  readonly retryAfter?: number

  constructor(code: HoldfastErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.category = details.category ?? ERROR_CODES[code].category
    this.retry = details.retry ?? ERROR_CODES[code].retry
    if (details.pool !== undefined) this.pool = details.pool
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter
  }
}

/** An option is unknown or impossible; nothing was started. */
export class OptionsError extends HoldfastError {
  override readonly name = 'OptionsError'
  /** Where, as in code: `retry.attempts`. */
  readonly path: string
  readonly expected: string
  /** What was given, described so that no secret shows. */
  readonly given: string

  constructor(path: string, expected: string, given: string) {
    super('HOLDFAST_OPTIONS', `Option "${path}": expected ${expected}, given ${given}.`)
    this.path = path
    this.expected = expected
    this.given = given
  }
}

/** No connection in time: see the message for busy or down, and `cause` for the last real failure. */
export class PoolTimeoutError extends HoldfastError {
  override readonly name = 'PoolTimeoutError'
}

/**
 * Why a call was turned away. `queue full`: too many wait. `shed`: it waited while others had to go first.
 * `hopeless deadline`: at the present rate its turn would come after its deadline.
 */
export type OverloadReason = 'queue full' | 'shed' | 'hopeless deadline'

/** More calls than the database can serve; nothing was sent. */
export class OverloadedError extends HoldfastError {
  override readonly name = 'OverloadedError'
  readonly reason: OverloadReason

  constructor(reason: OverloadReason, message: string, details: ErrorDetails = {}) {
    super('HOLDFAST_OVERLOADED', message, details)
    this.reason = reason
  }
}

/** The server is away, and will be when the call's time is over; nothing was sent. */
export class UnavailableError extends HoldfastError {
  override readonly name = 'UnavailableError'
}

/** The pool has been ended. */
export class PoolEndedError extends HoldfastError {
  override readonly name = 'PoolEndedError'
}

/** A connection could not be opened; nothing was sent. */
export class ConnectError extends HoldfastError {
  override readonly name = 'ConnectError'
}

/** The connection was lost; the statement was certainly not applied. */
export class ConnectionLostError extends HoldfastError {
  override readonly name = 'ConnectionLostError'
}

/** The connection was lost after the statement was sent: it may or may not have been applied. */
export class OutcomeUnknownError extends HoldfastError {
  override readonly name = 'OutcomeUnknownError'
  /** The transaction, as `pg_xact_status` takes it; absent where the server had not told it. See `pool.resolveOutcome`. */
  declare xid?: string
}

/** The query ran past its time and was cancelled. */
export class QueryTimeoutError extends HoldfastError {
  override readonly name = 'QueryTimeoutError'
}

/** The caller's `AbortSignal` fired. Its name is `AbortError`, as the platform's own. */
export class AbortError extends HoldfastError {
  override readonly name = 'AbortError'
}

/** The transaction was rolled back or is over. */
export class TransactionError extends HoldfastError {
  override readonly name = 'TransactionError'
}

/** The cache could not keep its promise, and the call was to fail rather than bend it. */
export class CacheError extends HoldfastError {
  override readonly name = 'CacheError'
}

/** The shared cache gave no answer. Never thrown at a query: it means "ask the database". */
export class CacheUnavailableError extends HoldfastError {
  override readonly name = 'CacheUnavailableError'
}

/** A migration cannot run or failed. */
export class MigrationError extends HoldfastError {
  override readonly name = 'MigrationError'
}
