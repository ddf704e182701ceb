import type { PoolClient } from 'pg'
import type { Limits } from '../base/deadline.js'
import type { ConnectionPool } from './connection-pool.js'
import type { CallContext } from './database-call.js'
import { acquirePatiently } from './patient-acquire.js'
import type { PooledConnection } from './pooled-connection.js'

/**
 * Lends a client until its `release()`, which works once.
 *
 * @param noteBorrower whether the stack of the borrower is kept, to name who forgets the client
 * @throws as `ConnectionPool.acquire`
 */
export async function borrow(calls: CallContext, limits: Limits, noteBorrower: boolean): Promise<PoolClient> {
  const borrower = noteBorrower ? new Error('borrowed') : undefined
  const pooled = await acquirePatiently(calls, limits)
  pooled.borrower = borrower
  pooled.client.release = releaseOnce(calls.connections, pooled)
  return pooled.client
}

function releaseOnce(pool: ConnectionPool, pooled: PooledConnection): (error?: Error | boolean) => void {
  let released = false
  return error => {
    if (released) throw new Error('Release called on client which has already been released to the pool.')
    released = true
    pool.release(pooled, error)
  }
}
