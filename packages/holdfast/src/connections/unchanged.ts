import type { QueryResult } from 'pg'
import type { Limits } from '../base/deadline.js'
import type { QueryRequest } from '../base/execute.js'
import type { ConnectionPool } from './connection-pool.js'
import type { PooledConnection } from './pooled-connection.js'

/** An answer, and in which session it was given. */
export interface PlainAnswer {
  readonly rows: Record<string, unknown>[]
  readonly session: string
}

/**
 * Sends a question of our own, past every guard, over a connection that sees what all of them see.
 *
 * @param most connections with settings of their own that are closed on the way; then all come with some
 */
export async function askUnchanged(
  pool: ConnectionPool,
  request: QueryRequest,
  most: number,
): Promise<PlainAnswer> {
  const pooled = await acquireUnchanged(pool, request, most)
  try {
    const { rows } = (await pooled.connection.send(request)) as QueryResult
    return { rows, session: pooled.connection.session }
  } finally {
    pool.release(pooled)
  }
}

async function acquireUnchanged(
  pool: ConnectionPool,
  limits: Limits,
  most: number,
): Promise<PooledConnection> {
  let pooled = await pool.acquire(limits)
  for (let closed = 0; pooled.connection.session !== '' && closed < most; closed++) {
    pool.release(pooled, true)
    pooled = await pool.acquire(limits)
  }
  return pooled
}
