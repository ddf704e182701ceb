import { deadlineAfter, type Limits } from './deadline.js'
import { type Duration, parseDuration } from './duration.js'
import { checkPriority, type Priority } from './priority.js'

/** Limits of a call that waits for a connection. */
export interface AcquireOptions {
  /** Default and upper bound: `connectionTimeoutMillis`. */
  timeout?: Duration
  signal?: AbortSignal
  /** Who goes first, and who is turned away, when not all can be served. Default: `normal`. */
  priority?: Priority
}

/**
 * The limits of a call that begins now.
 *
 * @throws OptionsError for a duration or a priority that is none
 */
export function acquireLimits({ timeout, signal, priority }: AcquireOptions, now: number): Limits {
  const millis = timeout === undefined ? undefined : parseDuration(timeout, 'timeout')
  const deadline = deadlineAfter(now, millis)
  return { deadline, signal, priority: priority === undefined ? undefined : checkPriority(priority) }
}
