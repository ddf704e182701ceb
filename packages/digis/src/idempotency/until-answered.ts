import { setTimeout as delay } from 'node:timers/promises'
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

/** Until when something is tried. */
export interface Trial {
  /** Milliseconds, as `end`. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly end: number
  readonly signal: AbortSignal | undefined
}

/**
 * One attempt, within so many milliseconds. It calls `onCertain` as soon as it knows that no earlier one was applied.
 */
export type Attempt<T> = (millis: number, onCertain: () => void) => Promise<T>

/**
 * Repeats an attempt while it fails with what may pass and time is left. Between attempts it pauses: full jitter up to
 * 50 ms, doubling up to a second. Only for what is applied once however often it is repeated.
 *
 * @throws the failure of the latest attempt that may have been applied, which is what a caller has to know; else that
 *   of the last one
 */
export async function untilAnswered<T>(attempt: Attempt<T>, trial: Trial): Promise<T> {
  const { now, random, end, signal } = trial
  const doubts: unknown[] = []
  const onCertain = () => void doubts.splice(0)
  for (let bound = FIRST_PAUSE_MILLIS; ; bound = Math.min(LONGEST_PAUSE_MILLIS, 2 * bound)) {
    try {
      return await attempt(Math.max(1, Math.ceil(end - now())), onCertain)
    } catch (error) {
      if ((error as { retry?: unknown }).retry === 'unknown') doubts.push(error)
      const pause = random() * bound
      if (!isPassing(error) || signal?.aborted || now() + pause >= end) throw doubts.at(-1) ?? error
      // An abort is the next attempt's to report.
      await delay(pause, undefined, signal && { signal }).catch(() => undefined)
    }
  }
}

/** Whether the same may succeed a moment later. */
function isPassing(error: unknown): boolean {
  const category = errorCategory(error)
  return category !== undefined && PASSING.has(category)
}
