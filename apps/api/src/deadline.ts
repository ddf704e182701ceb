import type { ServerResponse } from 'node:http'
import { Problem } from './problem.js'

/** The time that one request has. Every query of the request is bounded by it. */
export interface Deadline {
  /** Fires when the caller is gone, or when the time is over and something still runs. */
  readonly signal: AbortSignal
  /**
   * Milliseconds left, at least 1.
   * @throws {Problem} `timed-out` when none are left: a call that cannot finish in time is not started
   */
  remaining(): number
}

/**
 * How long after the deadline the signal fires. The queries have timeouts of their own that end at the deadline and
 * say more about what was slow; the signal is for whatever did not obey.
 */
const GRACE_MS = 250

/**
 * Starts the clock of a request; it stops by itself when the response has been sent or its connection is closed.
 * @param timeout milliseconds
 */
export function startDeadline(timeout: number, response: ServerResponse): Deadline {
  const end = performance.now() + timeout
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(tooLate()), timeout + GRACE_MS)
  response.once('close', () => {
    clearTimeout(timer)
    if (!response.writableFinished) controller.abort(new Error('The caller closed the connection.'))
  })
  return { signal: controller.signal, remaining: () => left(end, controller.signal) }
}

function left(end: number, signal: AbortSignal): number {
  signal.throwIfAborted()
  const remaining = Math.ceil(end - performance.now())
  if (remaining < 1) throw tooLate()
  return remaining
}

function tooLate(): Problem {
  return new Problem('timed-out', { detail: 'The request ran past its deadline.' })
}

/** The header by which a caller asks for less time than the service would allow: seconds, such as `2.5`. */
export const TIMEOUT_HEADER = 'request-timeout'

/**
 * The timeout of a request in milliseconds: what its header asks for, at most `limit`.
 * @throws {Problem} `invalid-request` for a header that is no positive number of seconds
 */
export function requestedTimeout(header: string | string[] | undefined, limit: number): number {
  if (header === undefined) return limit
  const seconds = typeof header === 'string' && /^\d{1,6}(\.\d{1,3})?$/.test(header) ? Number(header) : 0
  if (seconds > 0) return Math.min(limit, Math.ceil(seconds * 1000))
  const message = 'must be a positive number of seconds, such as 2.5'
  throw new Problem('invalid-request', { errors: [{ field: 'Request-Timeout', message }] })
}
