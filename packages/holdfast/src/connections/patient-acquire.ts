import type { Limits } from '../base/deadline.js'
import { failureKind, retryAction } from '../driver/failure.js'
import type { CallContext } from './database-call.js'
import type { PooledConnection } from './pooled-connection.js'

/**
 * Lends a connection for something that begins only then: where the server cannot be reached, it is waited for as
 * queries wait.
 *
 * @throws as `ConnectionPool.acquire`
 */
export async function acquirePatiently(context: CallContext, limits: Limits): Promise<PooledConnection> {
  const { connections, retrier, now } = context
  const since = now()
  let failures = 0
  let lastError: unknown
  for (;;) {
    try {
      return await connections.acquire(limits)
    } catch (error) {
      const action = retryAction(failureKind(error), 'not-sent')
      if (action === 'wait' && !connections.health.proven) throw error
      // Told again between two attempts to connect, it is no other failure.
      if (error !== lastError) failures++
      lastError = error
      await retrier.pause({ error: error as Error, action, limits, failures, since })
    }
  }
}
