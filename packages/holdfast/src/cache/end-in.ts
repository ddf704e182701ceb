import type { Clock } from '../base/clock.js'
import { RedisFailure } from './redis-failure.js'

/** Timers are late by up to so much, and a budget is not to be exceeded for that. */
const LATE_MS = 1

/**
 * A promise that fails as too slow after so many milliseconds. What has arrived by then but was not looked at yet,
 * because the process was busy, still counts.
 *
 * @param isCall whether somebody waits: then the timer keeps the process alive
 */
export function endIn<T>(promise: Promise<T>, millis: number, { clock, isCall }: Ending): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooSlow = (): void => reject(new RedisFailure('slow', `no answer within ${millis} ms`))
    // After the timers of a turn the sockets are read, and only then come the immediates.
    const timer = clock.setTimeout(() => setImmediate(tooSlow), Math.max(0, millis - LATE_MS))
    if (!isCall) timer.unref()
    const settle = (): void => clock.clearTimeout(timer)
    promise.then(
      value => {
        settle()
        resolve(value)
      },
      error => {
        settle()
        reject(error)
      },
    )
  })
}

/** How {@link endIn} waits. */
export interface Ending {
  readonly clock: Clock
  readonly isCall: boolean
}
