import type { Execute, QueryRequest, Result } from './execute.js'

/** What a guard may know of the connection it guards. */
export interface GuardedConnection {
  /** As the server said last: idle, in a transaction, in a failed one; `null` before the first answer. */
  transactionStatus(): 'I' | 'T' | 'E' | null
  /**
   * What tells its results from those of other connections: a digest of what was done to the session (SET, SET ROLE,
   * temporary tables), empty when nothing was. Set by the guard, and written into each {@link QueryRequest.capture}.
   */
  session: string
  /** Of the server, when it was asked for and could tell: see `TransactionId`. */
  readonly epoch: string | undefined
  /** The server's process for it; `null` before it is known. */
  readonly processID: number | null
}

/** Stands between a connection's borrower and its driver, and sees every statement in the order of its sending. */
export interface StatementGuard {
  /** Runs one statement; `send` sends it, and whatever the guard sends around it. */
  run(request: QueryRequest, send: Execute): Promise<Result>
  /**
   * Called with the text of something that talks to the driver by itself (a cursor, a COPY stream). `start` hands it
   * to the driver; the guard may delay that.
   */
  submit(text: string | undefined, submission: Submission): void
  /** Whatever transaction was open has been rolled back past the guard; or the connection was lost. */
  ended(how: 'rolled-back' | 'lost'): void
}

/** How something that talks to the driver by itself is started, and how other statements go before and after it. */
export interface Submission {
  readonly start: () => void
  /** Resolves when it has ended: to whether the server's answer is known, or the connection was lost before. */
  readonly whenEnded: () => Promise<boolean>
  readonly send: Execute
}

/** Makes the guard of a connection. */
export type GuardConnection = (connection: GuardedConnection) => StatementGuard
