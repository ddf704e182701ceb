import type { RetryAction } from '../base/retry-action.js'
import { type BackoffOptions, DEFAULT_BACKOFF, fullJitter } from './backoff.js'

/** What limits the retries of a call. */
export interface RetryLimits {
  /** Runs in all, the first included. */
  readonly attempts: number
  /** Milliseconds to wait for a server that cannot be reached. */
  readonly patience: number
  /** Whether each attempt to log in may have another password. */
  readonly freshPasswords: boolean
}

/** How far a call has come. Instants in milliseconds. */
export interface RetryProgress {
  /** Failures so far, this one included. */
  readonly failures: number
  /** Since when it waits for the server. */
  readonly since: number
  readonly now: number
  /** In [0, 1). */
  readonly random: number
}

/** How a kind of retry is paced. */
interface Pace {
  readonly backoff: BackoffOptions
  /** Whether there may be another one. */
  readonly more: (progress: RetryProgress, limits: RetryLimits) => boolean
  /** Whether it reaches the server, and so has to be paid from the budget. */
  readonly costs: boolean
}

const attemptsLeft: Pace['more'] = ({ failures }, { attempts }) => failures < attempts

const ATTEMPTS: Pace = { backoff: DEFAULT_BACKOFF, more: attemptsLeft, costs: true }

/** Nothing is sent until the server is back, and those who connect have a backoff of their own. */
const PATIENCE: Pace = {
  backoff: { base: 50, cap: 500 },
  more: ({ now, since }, { patience, attempts }) => attempts > 1 && now - since < patience,
  costs: false,
}

const PACES: Readonly<Record<RetryAction, Pace | undefined>> = {
  again: ATTEMPTS,
  reconnect: ATTEMPTS,
  primary: ATTEMPTS,
  'other-node': ATTEMPTS,
  whole: ATTEMPTS,
  'opt-in': ATTEMPTS,
  'look-up': { ...ATTEMPTS, costs: false },
  wait: PATIENCE,
  'log-in': {
    ...ATTEMPTS,
    costs: false,
    more: ({ failures }, { attempts, freshPasswords }) => freshPasswords && failures < Math.min(2, attempts),
  },
  slowly: { ...ATTEMPTS, backoff: { base: 1_000, cap: 10_000 } },
  unknown: undefined,
  never: undefined,
}

/** When to try again; `undefined`: not at all. */
export interface RetryPause {
  /** Milliseconds. */
  readonly millis: number
  readonly costs: boolean
}

/** The pause before the next attempt. Pure. */
export function retryPause(
  action: RetryAction,
  progress: RetryProgress,
  limits: RetryLimits,
): RetryPause | undefined {
  const pace = PACES[action]
  if (pace === undefined || !pace.more(progress, limits)) return undefined
  return { millis: fullJitter(progress.failures, progress.random, pace.backoff), costs: pace.costs }
}
