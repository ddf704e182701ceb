import type { PooledConnection } from './pooled-connection.js'

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
