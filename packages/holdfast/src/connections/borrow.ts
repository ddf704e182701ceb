import type { PoolClient } from 'pg'
import type { Limits } from '../base/deadline.js'
import type { ConnectionPool } from './connection-pool.js'
import type { CallContext } from './database-call.js'
import { acquirePatiently } from './patient-acquire.js'
import type { PooledConnection } from './pooled-connection.js'

/** What a client is handed over to by `pool.connect`, in the old way. */
export type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (error?: Error | boolean) => void,
) => void

/**
 * Lends a client to the application, until its `release()`.
 *
 * @param remembersBorrower whether the stack of the borrower is kept, for reports about a client that is not released
 * @throws as {@link acquirePatiently}
 */
export async function borrowClient(
  calls: CallContext,
  limits: Limits,
  remembersBorrower: boolean,
): Promise<PoolClient> {
  const borrower = remembersBorrower ? new Error('borrowed') : undefined
  const pooled = await acquirePatiently(calls, limits)
  pooled.borrower = borrower
  pooled.client.release = releaseOnce(pooled, calls.connections)
  return pooled.client
}

function releaseOnce(pooled: PooledConnection, pool: ConnectionPool): (error?: Error | boolean) => void {
  let released = false
  return error => {
    if (released) throw new Error('Release called on client which has already been released to the pool.')
    released = true
    pool.release(pooled, error)
  }
}
