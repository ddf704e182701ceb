/**
 * How busy a queue is. `calm`: waits are short or end by themselves. `rising`: waits are long; it may be a burst.
 * `overloaded`: waits stay long and the queue does not shrink, so more comes in than can be served.
 */
export type Load = 'calm' | 'rising' | 'overloaded'

/**
 * `late`, `prompt`: somebody was served while waits were longer, or shorter, than the target. `shed`: somebody had to be
 * turned away.
 * `empty`: nobody waits any more.
 */
export type LoadEvent = 'late' | 'prompt' | 'shed' | 'empty'

/** What is known about the load. */
export interface LoadState {
  readonly load: Load
  /** Since when waits have been long; while overloaded: when somebody was last shed. In milliseconds. */
  readonly since: number
  /** How many waited then. */
  readonly waiting: number
}

/** What a step needs from outside. */
export interface LoadStep {
  readonly now: number
  /** How many wait. */
  readonly waiting: number
  /** For how many milliseconds every single wait must be long. */
  readonly interval: number
}

/** Nobody waits for long. */
export const CALM: LoadState = { load: 'calm', since: Number.NEGATIVE_INFINITY, waiting: 0 }

/** An overload is over when nobody had to be shed for so many intervals. */
const SETTLED = 10

type Outcome = (state: LoadState, step: LoadStep) => LoadState

const stay: Outcome = state => state

const calm: Outcome = () => CALM

const rise: Outcome = (_, { now, waiting }) => ({ load: 'rising', since: now, waiting })

/** A queue that shrinks is a burst that drains: nobody is turned away for it. */
const judge: Outcome = (state, step) => {
  if (step.now - state.since < step.interval) return state
  if (step.waiting < state.waiting) return rise(state, step)
  return { load: 'overloaded', since: step.now, waiting: step.waiting }
}

/** A queue from which some are turned away does not shrink by itself. */
const noBurst: Outcome = state => ({ ...state, waiting: 0 })

const stillTooMuch: Outcome = (state, { now }) => ({ ...state, since: now })

const settle: Outcome = (state, { now, interval }) => (now - state.since < SETTLED * interval ? state : CALM)

/** Every state with every event: a hole does not compile. */
const TABLE: Readonly<Record<Load, Readonly<Record<LoadEvent, Outcome>>>> = {
  calm: { late: rise, prompt: stay, shed: stay, empty: stay },
  rising: { late: judge, prompt: calm, shed: noBurst, empty: calm },
  overloaded: { late: settle, prompt: settle, shed: stillTooMuch, empty: settle },
}

/**
 * The load after an event: CoDel's idea, that only the shortest wait of an interval tells a standing queue from a burst.
 * Pure.
 *
 * @see K. Nichols, V. Jacobson: "Controlling Queue Delay", ACM Queue 10 (5), 2012
 * @see B. Maurer: "Fail at Scale", ACM Queue 13 (8), 2015
 */
export function stepLoad(state: LoadState, event: LoadEvent, step: LoadStep): LoadState {
  return TABLE[state.load][event](state, step)
}
