import type { Limits } from '../base/deadline.js'
import { type Failure, type FailureKind, failureOf, retryAction } from '../driver/failure.js'
import type { CallContext } from './database-call.js'

/** How often a transaction may run as a whole, and after what. */
export interface ReplayOptions {
  /** Runs in all. Default: 1, or with `replaySafe` those of the pool. */
  readonly attempts: number | undefined
  readonly replaySafe: boolean
}

/** Failures after which the server itself has rolled back: it said so. */
const ROLLED_BACK: ReadonlySet<FailureKind> = new Set(['conflict', 'recovery-conflict', 'stale-statement'])

/** One run of a transaction, and whether its function was called in it. */
export interface TransactionRun {
  started: boolean
  /** Whether the function ended the transaction by hand, so that a part of it may be applied. */
  endedByHand: boolean
}

/**
 * Runs a transaction, again as a whole while that is allowed: always when its function was not called yet; after a
 * conflict within `attempts`; after a lost connection only when it is `replaySafe`. Never when its COMMIT was sent and
 * not answered.
 *
 * @throws the error of the last run
 */
export async function replayWhole<T>(
  run: (state: TransactionRun) => Promise<T>,
  context: CallContext,
  { limits, ...options }: ReplayOptions & { limits: Limits },
): Promise<T> {
  const since = context.now()
  for (let failures = 1; ; failures++) {
    const state: TransactionRun = { started: false, endedByHand: false }
    try {
      return await run(state)
    } catch (error) {
      const failure = failureBehind(error)
      if (failure === undefined || !isReplayable(failure, state, { options, context, error })) throw error
      const attempts = state.started ? attemptsOf(options) : undefined
      await context.retrier.pause({
        error: error as Error,
        action: 'whole',
        limits,
        failures,
        since,
        attempts,
      })
      if (failure.kind === 'read-only') context.connections.evict()
    }
  }
}

function attemptsOf({ attempts, replaySafe }: ReplayOptions): number | undefined {
  return attempts ?? (replaySafe ? undefined : 1)
}

function isReplayable(
  { kind, situation, action }: Failure,
  { started, endedByHand }: TransactionRun,
  { options, context, error }: { options: ReplayOptions; context: CallContext; error: unknown },
): boolean {
  if (action === 'unknown' || endedByHand) return false
  // An error in answer to the COMMIT has rolled back all before it.
  const whole = situation === 'in-transaction' ? action : retryAction(kind, 'in-transaction')
  const code = (error as { code?: string }).code
  if (whole === 'opt-in') return options.replaySafe && context.optIn.has(code as never)
  if (whole === 'never' || whole === 'unknown') return false
  return !started || options.replaySafe || ROLLED_BACK.has(kind)
}

/** What is known about an error or one that it wraps, as those of ORMs do. */
function failureBehind(error: unknown): Failure | undefined {
  let current = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const failure = failureOf(current)
    if (failure !== undefined) return failure
    current = current.cause
  }
  return undefined
}
