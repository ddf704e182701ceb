import type { Clock } from '../base/clock.js'
import { abortError, type Limits } from '../base/deadline.js'
import { OutcomeUnknownError } from '../base/errors.js'
import type { RetryAction } from '../base/retry-action.js'
import { DEFAULT_BUDGET, RetryBudget } from './retry-budget.js'
import { type RetryLimits, type RetryProgress, retryPause } from './retry-pace.js'

/** What retries of a pool share. */
export interface RetrierParts {
  readonly clock: Clock
  readonly random: () => number
  readonly limits: RetryLimits
  readonly budget: RetryBudget
  /** Calls that may wait for another attempt at the same time. */
  readonly mostWaiting: number
}

/** A call that has failed and wants another attempt. */
export interface FailedCall extends Pick<RetryProgress, 'failures' | 'since'> {
  /** Runs in all. Default: those of the pool. */
  readonly attempts?: number | undefined
  readonly error: Error
  readonly action: RetryAction
  readonly limits: Limits
}

/** Counts since the pool was made. */
export interface RetryCounts {
  /** Attempts after the first. */
  readonly made: number
  /** Attempts that the budget did not allow. */
  readonly refused: number
}

/** The settings of a pool that its retries go by. Durations in milliseconds. */
export interface RetrySettings {
  readonly connectAttempts: number
  readonly connectTimeout: number
  readonly overload: { readonly maxWaiting: number }
  readonly retryBudget: number
}

/** The retries of a pool. */
export function retrierFor(
  settings: RetrySettings,
  {
    clock,
    random,
    freshPasswords,
  }: Pick<RetrierParts, 'clock' | 'random'> & Pick<RetryLimits, 'freshPasswords'>,
): Retrier {
  return new Retrier({
    clock,
    random,
    limits: {
      attempts: settings.connectAttempts,
      patience: settings.connectTimeout || Number.POSITIVE_INFINITY,
      freshPasswords,
    },
    budget: new RetryBudget({ ...DEFAULT_BUDGET, share: settings.retryBudget }, clock.now()),
    mostWaiting: settings.overload.maxWaiting,
  })
}

/** Decides whether a call gets another attempt, and makes it wait for it. */
export class Retrier {
  readonly #parts: RetrierParts
  #waiting = 0
  #made = 0
  #refused = 0

  constructor(parts: RetrierParts) {
    this.#parts = parts
  }

  /** A request begins: it pays for a part of a retry. */
  count(): void {
    this.#parts.budget.requests++
  }

  counts(): RetryCounts {
    return { made: this.#made, refused: this.#refused }
  }

  /**
   * Waits before the next attempt.
   *
   * @throws the call's own error when there is none: no attempts, no time, or no budget left; AbortError when its
   *   signal fires while it waits
   */
  async pause(call: FailedCall): Promise<void> {
    const millis = this.#pauseOf(call)
    if (millis === undefined) throw call.error
    this.#waiting++
    try {
      await this.#sleep(millis, call)
    } finally {
      this.#waiting--
    }
    this.#made++
  }

  #pauseOf({
    action,
    failures,
    since,
    attempts,
    limits: { deadline, signal },
  }: FailedCall): number | undefined {
    const { clock, random, budget, mostWaiting } = this.#parts
    const now = clock.now()
    const limits = attempts === undefined ? this.#parts.limits : { ...this.#parts.limits, attempts }
    const pause = retryPause(action, { failures, since, now, random: random() }, limits)
    if (pause === undefined || now + pause.millis >= deadline) return undefined
    if (signal?.aborted || this.#waiting >= mostWaiting) return undefined
    if (!pause.costs || budget.spend(now)) return pause.millis
    this.#refused++
    return undefined
  }

  #sleep(millis: number, { error, limits: { signal } }: FailedCall): Promise<void> {
    const { clock } = this.#parts
    // What may be applied twice may have been applied once.
    const retry = error instanceof OutcomeUnknownError ? 'unknown' : 'safe'
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        clock.clearTimeout(timer)
        reject(abortError(signal as AbortSignal, retry))
      }
      const timer = clock.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, millis)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
