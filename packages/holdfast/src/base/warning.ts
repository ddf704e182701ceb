/** Anything with these four methods; pino and console fit. Absent: silence. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Something went wrong that no call could be told about. Sent to `logger.warn` and to `pool.on('warning')`. */
export interface Warning {
  /**
   * `open-transaction`: a client was released inside a transaction, which was rolled back.
   * `leak`: a client has been held longer than `leakDetection`.
   * `idle-connection-lost`: the server or the network closed a connection that nobody used.
   * `tls-unverified`, `tls-off`: the connection to a remote host is not protected.
   * `clock-jump`: the process slept; every connection is checked before its next use.
   * `server-connections`: the pool may want more connections than the server has; asked once.
   * `pooler-mode-unknown`: a pooler answered where none was expected; say which mode it has with the option `pooler`.
   * `pooler-unnamed-statement`: named statements run unnamed, because the pooler would lose them.
   * `primary-changed`: another host of the cluster takes the writes now.
   * `replica-unfit`: a replica gets no reads any more; sent once until it gets some again.
   * `telemetry-missing`: the option `telemetry` is set, and `@opentelemetry/api` is not installed.
   * `cache-table-missing`: a table of `cache.tables`, or a column of its `keys`, does not exist (any more).
   * `cache-unmarked`: a write was committed although Redis could not be told about it; sent for the first in a row.
   * `cache-incoherent`: a kept result differed from the database without a reason; names statement and tags, no values.
   * `utilization-high`: most connections have been in use for some time; `utilization-normal`: that is over.
   * `cache-unavailable`: the shared cache cannot be used; sent once for each reason until it stands again.
   */
  readonly code:
    | 'open-transaction'
    | 'leak'
    | 'idle-connection-lost'
    | 'tls-unverified'
    | 'tls-off'
    | 'clock-jump'
    | 'server-connections'
    | 'pooler-mode-unknown'
    | 'pooler-unnamed-statement'
    | 'primary-changed'
    | 'replica-unfit'
    | 'telemetry-missing'
    | 'cache-table-missing'
    | 'cache-unmarked'
    | 'cache-incoherent'
    | 'cache-unavailable'
    | 'utilization-high'
    | 'utilization-normal'
  readonly message: string
  /** Where the client was borrowed, when a borrower is to blame. */
  readonly borrowedAt?: string
  readonly cause?: unknown
}

/** Takes a {@link Warning} to whoever listens. */
export type Warn = (warning: Warning) => void

/** A client was given back inside a transaction. @param borrowedAt the borrower's stack, if it is known */
export function openTransactionWarning(pool: string, borrowedAt: string | undefined): Warning {
  const where = borrowedAt === undefined ? '' : ` It was borrowed here:\n${borrowedAt}`
  const message = `A client of pool "${pool}" was released inside a transaction, which is rolled back.${where}`
  return { code: 'open-transaction', message, ...(borrowedAt !== undefined && { borrowedAt }) }
}

declare module 'pg' {
  interface Pool {
    /** Something went wrong that no call could be told about; only pools of Holdfast say so. */
    on(event: 'warning', listener: (warning: Warning) => void): this
  }
}
