/**
 * The states of a pooled connection.
 *
 * `validating`: idle for a while, being checked before it is lent. `resetting`: given back, being made fit for
 * the next borrower. `closing`: on its way out; it counts against `max` until the socket is closed.
 */
export type ConnectionState = 'idle' | 'validating' | 'active' | 'resetting' | 'closing' | 'closed'

/** What can happen to it. `settled`: whatever was going on ended well and nobody holds it. */
export type ConnectionEvent = 'lend' | 'validate' | 'reset' | 'settled' | 'close' | 'closed'

/** The next state, or why there is none. */
type Outcome = ConnectionState | 'impossible' | 'ignored'

/** Every state with every event: a hole does not compile. */
const TRANSITIONS: Readonly<Record<ConnectionState, Readonly<Record<ConnectionEvent, Outcome>>>> = {
  idle: row('active', 'validating', 'impossible', 'impossible', 'closing', 'closed'),
  validating: row('impossible', 'impossible', 'impossible', 'idle', 'closing', 'closed'),
  active: row('impossible', 'impossible', 'resetting', 'idle', 'closing', 'closed'),
  resetting: row('impossible', 'impossible', 'impossible', 'idle', 'closing', 'closed'),
  closing: row('impossible', 'impossible', 'ignored', 'ignored', 'ignored', 'closed'),
  closed: row('impossible', 'impossible', 'ignored', 'ignored', 'ignored', 'ignored'),
}

function row(...outcomes: [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome]) {
  const [lend, validate, reset, settled, close, closed] = outcomes
  return { lend, validate, reset, settled, close, closed }
}

/**
 * The state after an event. An event that comes too late (a reset that ends after the connection was cut) changes
 * nothing.
 *
 * @throws Error for an event that would be a bug of the pool: lending a connection that is not idle
 */
export function nextState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const outcome = TRANSITIONS[state][event]
  if (outcome === 'impossible') throw new Error(`Bug: a connection that is ${state} cannot ${event}`)
  return outcome === 'ignored' ? state : outcome
}
