import { type Duration, LONGEST_TIMER_MS, parseDuration } from './duration.js'
import { OptionsError } from './errors.js'

/** How long an ending pool waits for its borrowers: a duration or an instant. Default: as long as it takes. */
export interface EndOptions {
  timeout?: Duration
  /** `Date` or milliseconds since 1970. */
  deadline?: Date | number
}

/**
 * Milliseconds until the borrowers are cut, as far as a timer reaches; `undefined`: never.
 *
 * @throws OptionsError for what is no duration or no instant
 */
export function endLimit({ timeout, deadline }: EndOptions): number | undefined {
  if (timeout !== undefined) return parseDuration(timeout, 'timeout')
  if (deadline === undefined) return undefined
  const millis = Number(deadline) - Date.now()
  if (Number.isNaN(millis)) throw new OptionsError('deadline', 'a Date or milliseconds since 1970', 'none')
  return Math.min(LONGEST_TIMER_MS, Math.max(0, millis))
}
