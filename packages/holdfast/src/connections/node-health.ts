import { fullJitter } from '../resilience/backoff.js'

/** What is known about reaching the server. Pure: the clock and the dice come in as arguments. */
export interface NodeHealth {
  /** Failed rounds of connecting since the last success. */
  readonly failures: number
  /** No attempt before this instant. */
  readonly retryAt: number
  readonly lastFailureAt: number
  readonly lastError: Error | undefined
  /** Whether the last failure may pass by itself; a wrong password does not. */
  readonly transient: boolean
}

/** Nothing is wrong. */
export const HEALTHY: NodeHealth = {
  failures: 0,
  retryAt: Number.NEGATIVE_INFINITY,
  lastFailureAt: Number.NEGATIVE_INFINITY,
  lastError: undefined,
  transient: true,
}

/** One failed attempt to connect. Times in milliseconds on the pool's clock. */
export interface ConnectFailure {
  readonly error: Error
  readonly transient: boolean
  readonly startedAt: number
  readonly now: number
  /** In [0, 1). */
  readonly random: number
}

/** Health after a failure. Attempts that ran side by side and failed together count as one round. */
export function afterFailure(health: NodeHealth, failure: ConnectFailure): NodeHealth {
  const { error, transient, startedAt, now, random } = failure
  if (startedAt < health.lastFailureAt) return { ...health, lastError: error, transient }
  const failures = health.failures + 1
  const wait = fullJitter(failures, random)
  return { failures, retryAt: now + wait, lastFailureAt: now, lastError: error, transient }
}

/**
 * Whether callers are told at once instead of waiting: after `attempts` failed rounds, or when waiting is
 * pointless.
 */
export function isDown(health: NodeHealth, attempts: number): boolean {
  return health.failures >= attempts || (health.failures > 0 && !health.transient)
}

/** Whether an attempt may start: after a failure one at a time, and not before its backoff is over. */
export function mayConnect(health: NodeHealth, now: number, connecting: number): boolean {
  return health.failures === 0 || (connecting === 0 && now >= health.retryAt)
}
