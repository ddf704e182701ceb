import { UNLIMITED } from '../base/deadline.js'
import type { ConnectionPool } from './connection-pool.js'

/**
 * Opens connections, so that the first requests find them open.
 *
 * @throws why one of them could not be opened
 */
export async function warmUp(pool: ConnectionPool, count: number): Promise<void> {
  const lent = await Promise.allSettled(
    Array.from({ length: count }, () => pool.acquire({ ...UNLIMITED, priority: 'critical' })),
  )
  for (const result of lent) if (result.status === 'fulfilled') pool.release(result.value)
  for (const result of lent) if (result.status === 'rejected') throw result.reason
}
