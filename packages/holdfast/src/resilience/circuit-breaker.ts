import { fullJitter } from './backoff.js'

/** `closed`: calls pass. `open`: nothing is tried. `half-open`: a probe looks whether calls may pass again. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/**
 * `succeeded`, `failed`: a call ended. `lost`: there is nothing to call any more. `elapsed`: the pause is over.
 * `restored`, `refused`: what the probe found.
 */
export type BreakerEvent = 'succeeded' | 'failed' | 'lost' | 'elapsed' | 'restored' | 'refused'

/** What a breaker knows. Times in milliseconds on the owner's clock. */
export interface Breaker {
  readonly state: BreakerState
  /** Calls that failed in a row. */
  readonly failures: number
  /** Openings without a success since: each doubles the bound of the next pause. */
  readonly openings: number
  /** No probe before this instant. */
  readonly retryAt: number
}

/** What a step needs from outside. */
export interface BreakerStep {
  readonly now: number
  /** In [0, 1): the jitter of the pause. */
  readonly random: number
  /** Failures in a row that open the breaker. */
  readonly threshold: number
}

/** Before the first probe: open, and due at once. */
export const UNTRIED: Breaker = { state: 'open', failures: 0, openings: 0, retryAt: Number.NEGATIVE_INFINITY }

const CLOSED: Breaker = { state: 'closed', failures: 0, openings: 0, retryAt: Number.NEGATIVE_INFINITY }

type Outcome = (breaker: Breaker, step: BreakerStep) => Breaker

const stay: Outcome = breaker => breaker

/** The first pause is short, so that a connection lost by chance costs little. */
const open: Outcome = ({ openings }, { now, random }) => ({
  state: 'open',
  failures: 0,
  openings: openings + 1,
  retryAt: now + fullJitter(openings + 1, random),
})

const count: Outcome = (breaker, step) =>
  breaker.failures + 1 >= step.threshold
    ? open(breaker, step)
    : { ...breaker, failures: breaker.failures + 1 }

const forgive: Outcome = breaker => (breaker.failures + breaker.openings === 0 ? breaker : CLOSED)

/** What answers a probe may still be too slow for calls: only a call that succeeds makes the next pause short again. */
const restore: Outcome = ({ openings }) => ({ ...CLOSED, openings })

const probe: Outcome = (breaker, { now }) =>
  now < breaker.retryAt ? breaker : { ...breaker, state: 'half-open' }

/** Calls that began before the breaker opened may end in any state; only while it is closed do they count. */
const TABLE: Readonly<Record<BreakerState, Readonly<Record<BreakerEvent, Outcome>>>> = {
  closed: { succeeded: forgive, failed: count, lost: open, elapsed: stay, restored: stay, refused: open },
  open: { succeeded: stay, failed: stay, lost: stay, elapsed: probe, restored: stay, refused: stay },
  'half-open': { succeeded: stay, failed: stay, lost: open, elapsed: stay, restored: restore, refused: open },
}

/** The breaker after an event. Pure. */
export function stepBreaker(breaker: Breaker, event: BreakerEvent, step: BreakerStep): Breaker {
  return TABLE[breaker.state][event](breaker, step)
}
