import { fullJitter } from '../resilience/backoff.js'
import type { BreakerState } from '../resilience/circuit-breaker.js'
import { MOST_CONNECTING } from './growth.js'

/**
 * What is known about reaching one server: the breaker of the node. Only connecting counts; an error of a statement
 * does not open it. Instants are milliseconds on the pool's clock.
 *
 * `closed`: connections are opened as needed. `open`: none is, until the pause is over. `half-open`: one probe, a
 * connection that nobody's call waits for alone, looks whether the server is back.
 */
export interface NodeHealth {
  readonly state: BreakerState
  /** Failed rounds of connecting in a row: each doubles the bound of the next pause. */
  readonly failures: number
  /** No attempt before this instant. */
  readonly retryAt: number
  readonly lastFailureAt: number
  /** Why the server cannot be reached; absent while it can. */
  readonly lastError: Error | undefined
  /** Whether the last failure may pass by itself; a wrong password does not. */
  readonly transient: boolean
  /** The last failure was an answer of the server: it is there, but starting up or full. */
  readonly answering: boolean
  /** Whether there has ever been a connection: a server that was there is expected back. */
  readonly proven: boolean
  /** How many may connect at the same time: few after an outage, twice as many with each that got through. */
  readonly slots: number
}

/** Nothing was tried yet and nothing is wrong. */
export const HEALTHY: NodeHealth = {
  state: 'closed',
  failures: 0,
  retryAt: Number.NEGATIVE_INFINITY,
  lastFailureAt: Number.NEGATIVE_INFINITY,
  lastError: undefined,
  transient: true,
  answering: false,
  proven: false,
  slots: MOST_CONNECTING,
}

/** An attempt to connect that ended. */
export interface ConnectAttempt {
  readonly startedAt: number
  readonly now: number
  /** Why it failed; ignored for one that succeeded. */
  readonly failure?: {
    readonly error: Error
    readonly transient: boolean
    readonly answering: boolean
    /** In [0, 1): the jitter of the pause. */
    readonly random: number
  }
}

/** `opened`, `failed`: an attempt ended. `wanted`: somebody would like to connect now. */
export type NodeEvent = 'opened' | 'failed' | 'wanted'

type Outcome = (health: NodeHealth, attempt: ConnectAttempt) => NodeHealth

/** A failure this long after the one before it begins a new outage, with short pauses. */
const FORGOTTEN_AFTER_MS = 10_000

const stay: Outcome = health => health

/** The server is there, but all its clients come back now: begin with one connection at a time. */
const close: Outcome = health => ({
  ...HEALTHY,
  proven: true,
  failures: health.failures,
  lastFailureAt: health.lastFailureAt,
  slots: 1,
})

/** The most frequent outcome: once everything is well, the same object. */
const widen: Outcome = health =>
  health.proven && health.slots === MOST_CONNECTING
    ? health
    : { ...health, proven: true, slots: Math.min(MOST_CONNECTING, health.slots * 2) }

const note: Outcome = (health, { failure }) =>
  failure === undefined
    ? health
    : { ...health, lastError: failure.error, transient: failure.transient, answering: failure.answering }

const open: Outcome = (health, attempt) => {
  const { failure, startedAt, now } = attempt
  // Attempts that ran side by side and failed together are one round.
  if (failure === undefined || startedAt < health.lastFailureAt) return note(health, attempt)
  const failures = followsOn(health, now) ? health.failures + 1 : 1
  const retryAt = now + fullJitter(failures, failure.random)
  return { ...note(health, attempt), state: 'open', failures, retryAt, lastFailureAt: now }
}

const openAnew: Outcome = (health, attempt) =>
  attempt.startedAt < health.lastFailureAt ? health : open(health, attempt)

const probe: Outcome = (health, { now }) =>
  now < health.retryAt ? health : { ...health, state: 'half-open' }

/** Whether a failure belongs to the outage of the one before it. */
function followsOn({ state, lastFailureAt }: NodeHealth, now: number): boolean {
  return state !== 'closed' || now - lastFailureAt < FORGOTTEN_AFTER_MS
}

/** Every state with every event. What began before the breaker opened may end in any of them. */
const TABLE: Readonly<Record<BreakerState, Readonly<Record<NodeEvent, Outcome>>>> = {
  closed: { opened: widen, failed: openAnew, wanted: stay },
  open: { opened: close, failed: note, wanted: probe },
  'half-open': { opened: close, failed: open, wanted: stay },
}

/** The health after an event. Pure: the clock and the dice come in as arguments. */
export function nextHealth(health: NodeHealth, event: NodeEvent, attempt: ConnectAttempt): NodeHealth {
  return TABLE[health.state][event](health, attempt)
}

/** How many more attempts may start now, when so many are under way: one probe at most while it is not closed. */
export function freeSlots({ state, slots }: NodeHealth, connecting: number): number {
  if (state === 'closed') return Math.max(0, slots - connecting)
  return state === 'half-open' && connecting === 0 ? 1 : 0
}

/**
 * Whether waiting is pointless: the failure does not pass by itself, or nobody has ever seen this server and some
 * rounds of attempts found none. One that was seen, or answers that it starts up, is worth waiting for.
 *
 * @param attempts failed rounds after which a server that nobody has seen counts as absent
 */
export function isHopeless(health: NodeHealth, attempts: number): boolean {
  if (health.state === 'closed') return false
  return !health.transient || (!health.proven && !health.answering && health.failures >= attempts)
}
