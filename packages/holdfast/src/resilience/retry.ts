import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/deadline.js'
import { fullJitter } from './backoff.js'

/** When and how often something is done again. */
export interface RetryOptions extends Limits {
  /** Runs in all, the first included. */
  readonly attempts: number
  readonly isRetryable: (error: unknown) => boolean
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Runs a function again, after a jittered pause, while it fails with a retryable error and attempts and time are
 * left; then its last error is thrown.
 */
export async function retry<T>(run: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { attempts, isRetryable, clock, random, deadline, signal } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      const pause = fullJitter(attempt, random())
      const outOfTime = clock.now() + pause >= deadline || signal?.aborted
      if (attempt >= attempts || outOfTime || !isRetryable(error)) throw error
      await new Promise<void>(resolve => clock.setTimeout(resolve, pause))
    }
  }
}
