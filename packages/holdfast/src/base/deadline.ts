import type { Clock } from './clock.js'
import { LONGEST_TIMER_MS } from './duration.js'
import { AbortError, type PoolNumbers, type Retry } from './errors.js'
import type { Priority } from './priority.js'

/** What limits one call in time: an instant on the {@link Clock} (`Infinity`: none) and the caller's signal. */
export interface Limits {
  readonly deadline: number
  readonly signal: AbortSignal | undefined
  /** Who goes first when connections are short. Absent: `normal`. */
  readonly priority?: Priority | undefined
}

/** No limit at all. */
export const UNLIMITED: Limits = { deadline: Number.POSITIVE_INFINITY, signal: undefined }

/** The earlier of two instants; `undefined` and 0 durations are no limit, as with pg's timeouts. */
export function deadlineAfter(now: number, millis: number | undefined): number {
  return millis === undefined || millis === 0 ? Number.POSITIVE_INFINITY : now + millis
}

/** The error for a signal that fired; `retry` says whether anything may have been applied. */
export function abortError(signal: AbortSignal, retry: Retry, pool?: PoolNumbers): AbortError {
  const state = retry === 'safe' ? 'nothing was applied' : 'the statement may have been applied'
  return new AbortError('HOLDFAST_ABORTED', `The call was aborted by its signal; ${state}.`, {
    cause: signal.reason,
    retry,
    ...(pool && { pool }),
  })
}

/**
 * Settles as the promise does, or rejects when the deadline passes or the signal fires first. What the promise
 * stands for goes on: the caller stops it.
 */
export function within<T>(
  promise: Promise<T>,
  limits: Limits,
  expiry: { clock: Clock; error: (reason: 'timeout' | 'abort') => Error },
): Promise<T> {
  const { deadline, signal } = limits
  const { clock, error } = expiry
  const millis = deadline - clock.now()
  if (signal === undefined && millis > LONGEST_TIMER_MS) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(error('abort'))
    const onTimeout = () => reject(error('timeout'))
    const timer = millis > LONGEST_TIMER_MS ? undefined : clock.setTimeout(onTimeout, Math.max(0, millis))
    signal?.addEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(() => {
      clock.clearTimeout(timer as NodeJS.Timeout)
      signal?.removeEventListener('abort', onAbort)
    })
  })
}
