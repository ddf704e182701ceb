/**
 * What can be done about a failure:
 *
 * - `again`: the same once more, the connection is fine
 * - `reconnect`: the same on another connection
 * - `wait`: the same as soon as the server can be reached
 * - `look-up`: the same a few times, until the name resolves
 * - `log-in`: once more, with a password made anew
 * - `primary`: the same on whoever is the primary now
 * - `other-node`: the same on another server that has the data
 * - `slowly`: the same, after long pauses
 * - `opt-in`: the same, where the application has asked for it
 * - `whole`: nothing of the transaction was applied; all of it may run again
 * - `unknown`: nobody knows whether it was applied, so nothing
 * - `never`: it would fail again, or another attempt is not ours to make
 */
export type RetryAction =
  | 'again'
  | 'reconnect'
  | 'wait'
  | 'look-up'
  | 'log-in'
  | 'primary'
  | 'other-node'
  | 'slowly'
  | 'opt-in'
  | 'whole'
  | 'unknown'
  | 'never'

/** SQLSTATEs after which nothing is tried again unless the application asks for it. */
export const OPT_IN_CODES = ['55P03', '55006', '53200', '58030', '23505', '23P01'] as const
/** One of {@link OPT_IN_CODES}. */
export type OptInCode = (typeof OPT_IN_CODES)[number]
