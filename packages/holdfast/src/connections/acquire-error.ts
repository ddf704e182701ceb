import { formatMillis } from '../base/duration.js'
import {
  OverloadedError,
  type OverloadReason,
  PoolEndedError,
  type PoolNumbers,
  PoolTimeoutError,
  UnavailableError,
} from '../base/errors.js'
import type { Priority } from '../base/priority.js'
import { errorCategory } from '../driver/sqlstate.js'

/** Why nobody got a connection. */
export interface Shortage {
  readonly numbers: PoolNumbers
  /** The last failure to connect, while the server counts as failing. */
  readonly lastError: Error | undefined
  /** How long the longest borrower has held its connection, in milliseconds. */
  readonly longestUse: number
  /** In how many milliseconds another try may succeed, where that is known. */
  readonly retryAfter?: number | undefined
}

/** No connection in time: says whether the pool was busy or the server could not be reached. */
export function acquireTimeoutError(millis: number, shortage: Shortage): PoolTimeoutError {
  const { numbers, lastError } = shortage
  const start = `timeout exceeded when trying to connect: pool "${numbers.name}" had no connection within ${formatMillis(millis)}`
  const why = lastError === undefined ? busy(shortage) : `the server cannot be reached (${lastError.message})`
  return new PoolTimeoutError('HOLDFAST_POOL_TIMEOUT', `${start}; ${why} [${show(numbers)}]`, {
    pool: numbers,
    ...(lastError && { cause: lastError }),
    ...(shortage.retryAfter !== undefined && { retryAfter: shortage.retryAfter }),
  })
}

/** Too many callers wait already. */
export function overloadedError(shortage: Shortage): OverloadedError {
  const what = `${shortage.numbers.waiting} callers already wait`
  return turnedAway('queue full', what, shortage)
}

/** The caller waited, but others go first. @param waited milliseconds */
export function shedError(shortage: Shortage, priority: Priority, waited: number): OverloadedError {
  const what = `more calls come in than can be served, and this one (${priority}) was turned away after ${formatMillis(waited)}`
  return turnedAway('shed', what, shortage)
}

/** The caller's turn would come too late. @param wait, left milliseconds: until it is over, and until the deadline */
export function tooLateError(shortage: Shortage, wait: number, left: number): OverloadedError {
  const what = `at the present rate this call would be done in about ${formatMillis(wait)}, and its deadline is in ${formatMillis(left)}`
  return turnedAway('hopeless deadline', what, shortage)
}

function turnedAway(reason: OverloadReason, what: string, shortage: Shortage): OverloadedError {
  const { numbers, lastError, retryAfter } = shortage
  const message = `Pool "${numbers.name}" is overloaded: ${what} [${show(numbers)}]. Nothing was sent. ${REMEDIES[reason]}`
  const cause = lastError && { cause: lastError }
  return new OverloadedError(reason, message, {
    pool: numbers,
    ...cause,
    ...(retryAfter !== undefined && { retryAfter }),
  })
}

const REMEDIES: Readonly<Record<OverloadReason, string>> = {
  'queue full': 'Try again later, raise "max", or raise overload.maxWaiting.',
  shed: 'Try again later, or raise "max" if the server has room.',
  'hopeless deadline': 'Try again later, give it more time, or raise "max" if the server has room.',
}

/** No attempt to reach the server will be made before the caller's deadline. @param retryAfter milliseconds */
export function unavailableError(
  numbers: PoolNumbers,
  lastError: Error,
  retryAfter: number,
): UnavailableError {
  const message = `Pool "${numbers.name}" cannot reach the server (${lastError.message}); the next attempt, in ${formatMillis(retryAfter)}, comes after the deadline of this call. Nothing was sent.`
  return new UnavailableError('HOLDFAST_UNAVAILABLE', message, {
    pool: numbers,
    cause: lastError,
    // A server that is full is another matter than one that is gone.
    category: errorCategory(lastError) === 'overloaded' ? 'overloaded' : 'unreachable',
    retryAfter,
  })
}

/** The pool was ended, before or while the caller waited. */
export function poolEndedError(numbers: PoolNumbers): PoolEndedError {
  const message = `Cannot use a pool after calling end on the pool "${numbers.name}"; nothing was sent.`
  return new PoolEndedError('HOLDFAST_POOL_ENDED', message, { pool: numbers })
}

/** Why a pool whose server answers had nothing to lend. */
function busy({ numbers, longestUse }: Shortage): string {
  if (numbers.active === 0) return 'connections were still being opened'
  return `${numbers.active} of ${numbers.max} connections are in use, the longest for ${formatMillis(longestUse)}: look for slow queries or clients that are not released, or raise "max"`
}

/** The pool's numbers in one line. */
function show({ total, active, idle, connecting, waiting, max }: PoolNumbers): string {
  return `total=${total} active=${active} idle=${idle} connecting=${connecting} waiting=${waiting} max=${max}`
}
