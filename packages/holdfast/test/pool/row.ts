import type net from 'node:net'
import type pg from 'pg'
import type { Contender } from '../support/contender.js'

/** What a row needs: the pool class, a database, a second connection to look from, and a place for clean-up. */
export interface RowContext {
  readonly Pool: Contender
  readonly url: string
  readonly port: number
  /** A connection of the superuser's, outside of every pool. */
  readonly observer: pg.Client
  /**
   * Fails unless the promise settles soon: for calls whose failure mode is to hang. How long that is depends on who is
   * expected to hang.
   *
   * @param atLeast milliseconds
   */
  soon<T>(promise: Promise<T>, what: string, atLeast?: number): Promise<T>
  /** Registers what has to be undone after the row, last first. */
  onEnd(undo: () => unknown): void
}

/** One line of the table: a promise that holds on ours and is broken by pg-pool. */
export interface Row {
  readonly promise: string
  run(context: RowContext): Promise<void>
}

/** A pool that is torn down after the row, whatever state it is in. */
export function poolOf(context: RowContext, options: object): pg.Pool {
  const pool = new context.Pool({ connectionString: context.url, ...options })
  pool.on('error', () => {})
  context.onEnd(() => {
    // Some rows leave a pg-pool that can never end.
    void pool.end().catch(() => {})
    for (const client of (pool as unknown as { _clients: pg.Client[] })._clients) {
      client.on('error', () => {})
      ;(client as unknown as { connection: { stream: net.Socket } }).connection.stream.destroy()
    }
  })
  return pool
}

/** The backend that serves the pool's next query. */
export const pidOf = async (pool: pg.Pool) =>
  (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number

/** The same of the next borrower, without a query. */
export async function borrowedPid(pool: pg.Pool): Promise<number> {
  const client = await pool.connect()
  client.release()
  return (client as unknown as { processID: number }).processID
}

/** Resolves when a backend has nothing to do, or is gone. */
export async function untilIdle({ observer }: RowContext, pid: number): Promise<void> {
  const ask = "SELECT FROM pg_stat_activity WHERE pid = $1 AND state <> 'idle'"
  while ((await observer.query(ask, [pid])).rowCount !== 0);
}

/** Opens so many connections and leaves them idle. */
export async function warm(pool: pg.Pool, count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => pool.connect()))
  for (const client of clients) client.release()
}
