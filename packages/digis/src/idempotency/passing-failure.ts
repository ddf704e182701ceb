import { type ErrorCategory, errorCategory } from 'holdfast'

/**
 * Failures that say nothing of the request: the way to the server, a restart, a failover, a conflict with others. A
 * pool that is busy is not among them: trying again would keep it so.
 */
const PASSING: ReadonlySet<ErrorCategory> = new Set([
  'refused',
  'unreachable',
  'connection-lost',
  'outcome-unknown',
  'shut-down',
  'read-only',
  'conflict',
])

const FIRST_PAUSE_MILLIS = 50
const LONGEST_PAUSE_MILLIS = 1_000

/** Whether the same may succeed a moment later, when it is certain that it is applied once. */
export function isPassing(error: unknown): boolean {
  const category = errorCategory(error)
  return category !== undefined && PASSING.has(category)
}

/**
 * Milliseconds before the next attempt: full jitter up to 50 ms, doubling up to a second.
 *
 * @param attempt how many have failed, from 1
 * @param random in [0, 1)
 */
export function pauseBefore(attempt: number, random: number): number {
  return random * Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** (attempt - 1))
}
