import type { Clock } from '../base/clock.js'
import { abortError, within } from '../base/deadline.js'
import { QueryTimeoutError } from '../base/errors.js'
import type { QueryRequest } from '../base/execute.js'

/** Who waits, and what for. */
export interface Waiting {
  readonly request: QueryRequest
  readonly clock: Clock
  /** What is waited for, as the end of "the query waited past its deadline for". */
  readonly what: string
}

/**
 * Settles as something does that several callers wait for, but within the limits of this one: the others may have more
 * time. Nothing of its own was sent.
 *
 * @throws QueryTimeoutError, AbortError; what the promise rejects with
 */
export function inTime<T>(shared: Promise<T>, { request, clock, what }: Waiting): Promise<T> {
  const error = (reason: 'timeout' | 'abort') =>
    reason === 'abort' && request.signal !== undefined
      ? abortError(request.signal, 'safe')
      : new QueryTimeoutError(
          'HOLDFAST_QUERY_TIMEOUT',
          `Query read timeout: the query waited past its deadline for ${what}; nothing was applied.`,
          { retry: 'safe' },
        )
  return within(shared, request, { clock, error })
}
