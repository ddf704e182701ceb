import type { Submittable } from 'pg'
import { UNLIMITED } from '../base/deadline.js'
import { afterOwnCallback } from '../driver/submittable.js'
import type { CallContext } from './database-call.js'
import { acquirePatiently } from './patient-acquire.js'

/**
 * Runs something that talks to the driver by itself on a connection of the pool; what it answers is its own.
 *
 * @throws its error, or that there was no connection
 */
export async function submitOnPool(
  calls: CallContext,
  submittable: Submittable,
  values: unknown[] | undefined,
): Promise<unknown> {
  const pooled = await acquirePatiently(calls, UNLIMITED)
  const query = pooled.client.query as (...args: unknown[]) => void
  try {
    return await new Promise((resolve, reject) => {
      afterOwnCallback(submittable, () => resolve(undefined))
      query(submittable, values, (error: Error | undefined, result: unknown) =>
        error ? reject(error) : resolve(result),
      )
    })
  } finally {
    calls.connections.release(pooled)
  }
}
