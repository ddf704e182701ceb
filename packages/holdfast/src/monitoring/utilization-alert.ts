/** `calm`, `busy`: as told. `rising`, `falling`: it may be about to change, if it lasts. */
export type UtilizationState = 'calm' | 'rising' | 'busy' | 'falling'

/** What a look at the pool says: at or above the bound, below it by a margin, or in between. */
export type UtilizationEvent = 'high' | 'middle' | 'low'

/** What is known, and since when (milliseconds on the owner's clock). */
export interface Utilization {
  readonly state: UtilizationState
  readonly since: number
}

/** Nobody has looked yet. */
export const UNUSED: Utilization = { state: 'calm', since: 0 }

/** A pool that was busy counts as calm only below this part of the bound: it would be told again and again. */
const CALM_PART = 7 / 8

interface Step {
  readonly now: number
  /** How long a change has to last, in milliseconds. */
  readonly sustained: number
}

type Outcome = (before: Utilization, step: Step) => Utilization

const stay: Outcome = before => before
const to =
  (state: UtilizationState): Outcome =>
  (_, { now }) => ({ state, since: now })
const ifSustained =
  (state: UtilizationState): Outcome =>
  (before, { now, sustained }) =>
    now - before.since >= sustained ? { state, since: now } : before

const TABLE: Readonly<Record<UtilizationState, Readonly<Record<UtilizationEvent, Outcome>>>> = {
  calm: { high: to('rising'), middle: stay, low: stay },
  rising: { high: ifSustained('busy'), middle: to('calm'), low: to('calm') },
  busy: { high: stay, middle: stay, low: to('falling') },
  falling: { high: to('busy'), middle: to('busy'), low: ifSustained('calm') },
}

/** What is known after a look. Pure. */
export function stepUtilization(before: Utilization, event: UtilizationEvent, step: Step): Utilization {
  return TABLE[before.state][event](before, step)
}

/** Whether people are to be told: `busy` or `calm`, each once. */
export function toldBy(before: Utilization, after: Utilization): 'busy' | 'calm' | undefined {
  if (before.state === 'rising' && after.state === 'busy') return 'busy'
  return before.state === 'falling' && after.state === 'calm' ? 'calm' : undefined
}

/** @param used, above parts of `max` from 0 to 1 */
export function utilizationEvent(used: number, above: number): UtilizationEvent {
  if (used >= above) return 'high'
  return used < above * CALM_PART ? 'low' : 'middle'
}
