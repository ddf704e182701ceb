import { setTimeout as pause } from 'node:timers/promises'

/** Lock not available, deadlock detected: nothing was changed, and the same may succeed in a moment. */
const LOCK_CONFLICTS: readonly unknown[] = ['55P03', '40P01']

/** How often a change that needs a lock is tried. With the pauses between, that is a minute or two. */
const ATTEMPTS = 60

/**
 * Runs a change whose `lock_timeout` is short, again while somebody else holds the lock: whoever else wants it never
 * waits for long behind it.
 *
 * @param random in [0, 1)
 * @throws what the last attempt threw
 */
export async function untilUnlocked<T>(change: () => Promise<T>, random = Math.random): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      if (attempt === ATTEMPTS || !LOCK_CONFLICTS.includes((error as { code?: unknown }).code)) throw error
      await pause(Math.min(100 * attempt, 2_000) * (0.5 + random()))
    }
  }
}
