/** Upper bounds of the wait after the first, second, … failed attempt: 100 ms doubling up to 3.2 s. */
const FIRST_BOUND_MILLIS = 100
const LAST_BOUND_MILLIS = 3_200

/**
 * Milliseconds before a file that met a lock is tried again: between half of the bound and the whole, so that the
 * sessions it queued up can pass, and two runners that met do not meet again.
 *
 * @param failures how many attempts have failed, from 1
 * @param random a number in [0, 1)
 */
export function waitBetweenTries(failures: number, random: number): number {
  const bound = Math.min(LAST_BOUND_MILLIS, FIRST_BOUND_MILLIS * 2 ** (failures - 1))
  return bound * (0.5 + random / 2)
}

/** Milliseconds until the lock of another runner is tried again: 50 to 150. */
export function waitBetweenPolls(random: number): number {
  return 50 + random * 100
}
