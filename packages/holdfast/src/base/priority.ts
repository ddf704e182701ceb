import { describeGiven } from './duration.js'
import { OptionsError } from './errors.js'

/** How important a call is when not all can be served. From the first served to the first turned away. */
export const PRIORITIES = ['critical', 'normal', 'background'] as const

/**
 * `critical` is served first and turned away last; `background` is served when nobody else waits and turned away first.
 * Calls of the same priority are served in the order of their coming.
 */
export type Priority = (typeof PRIORITIES)[number]

/**
 * The priority as it was given.
 *
 * @throws OptionsError for anything that is none
 */
export function checkPriority(given: unknown): Priority {
  const found = PRIORITIES.find(priority => priority === given)
  if (found !== undefined) return found
  const shown = typeof given === 'string' ? 'something else' : describeGiven(given)
  throw new OptionsError('priority', `one of ${PRIORITIES.join(', ')}`, shown)
}

/** Where a priority stands: 0 is served first. Default: that of `normal`. */
export function rankOf(priority: Priority | undefined): number {
  if (priority === undefined) return 1
  return PRIORITIES.indexOf(priority)
}
