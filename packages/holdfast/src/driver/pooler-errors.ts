import type { ErrorCategory, Retry } from '../base/errors.js'

/**
 * What became of a call that a pooler answered with an error of its own. `not assigned`: no server connection was
 * given to it, so that nothing was sent to a server. `unknown`: the server connection was lost under it.
 */
export type PoolerFailure = 'not assigned' | 'unknown'

interface PoolerAnswer {
  readonly when: RegExp
  readonly failure: PoolerFailure
  readonly category: ErrorCategory
}

const answer = (when: RegExp, failure: PoolerFailure, category: ErrorCategory): PoolerAnswer => ({
  when,
  failure,
  category,
})

/**
 * PgBouncer says 08P01 whatever the matter is, so its words decide; they stand at the beginning of the message. 58006 is
 * what poolers made after it say when they shut down.
 *
 * @see the calls of `disconnect_client` in PgBouncer's sources
 */
const PGBOUNCER: readonly PoolerAnswer[] = [
  answer(/^query_wait_timeout\b/, 'not assigned', 'overloaded'),
  answer(/^no more connections allowed\b/, 'not assigned', 'overloaded'),
  answer(/^client connections exceeded\b/, 'not assigned', 'overloaded'),
  answer(/^(?:pooler|server) (?:is )?shutting down\b/, 'not assigned', 'shut-down'),
  answer(/^server login has been failing\b/, 'not assigned', 'unreachable'),
  answer(/^client_login_timeout\b/, 'not assigned', 'timeout'),
  answer(/^pgbouncer cannot connect to server\b/, 'not assigned', 'unreachable'),
  answer(/^server conn crashed\?/, 'unknown', 'connection-lost'),
  answer(/^query[_ ]timeout\b/, 'unknown', 'timeout'),
]

/** Supavisor says XX000, and its own code in parentheses. */
const SUPAVISOR: readonly PoolerAnswer[] = [
  answer(/\((?:ECHECKOUTTIMEOUT|EMAX(?:CLIENT|CONN)\w*)\)/, 'not assigned', 'overloaded'),
  // As it said before it had codes.
  answer(/^max client connections reached\b/i, 'not assigned', 'overloaded'),
  answer(/\(ECIRCUITBREAKER\)/, 'not assigned', 'refused'),
  answer(/\(EDBHANDLEREXITED\)/, 'unknown', 'connection-lost'),
]

const BY_CODE: Readonly<Record<string, readonly PoolerAnswer[]>> = {
  '08P01': PGBOUNCER,
  '58006': PGBOUNCER,
  XX000: SUPAVISOR,
}

/** What an error of a pooler itself means; `undefined` for any other error. */
export function poolerFailure(error: unknown): PoolerFailure | undefined {
  return answerOf(error)?.failure
}

/** Category and answer to "may I retry?" of a pooler's own error; `undefined` for any other error. */
export function poolerMeaning(error: unknown): { category: ErrorCategory; retry: Retry } | undefined {
  const found = answerOf(error)
  return found && { category: found.category, retry: found.failure === 'unknown' ? 'unknown' : 'safe' }
}

/** Whether it is better to wait for seconds before the next attempt: Supavisor punishes those who come back at once. */
export function wantsLongPause(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return code === 'XX000' && poolerFailure(error) === 'not assigned'
}

/** Words of poolers that have no place for one more client. */
const FULL =
  /^no more connections allowed\b|^client connections exceeded\b|\(EMAX\w*\)|^max client connections reached\b/i

/** Whether a server or a pooler says that it has no more connections than those that are open. */
export function saysFull(error: unknown): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  return code === '53300' || (poolerFailure(error) === 'not assigned' && FULL.test(String(message)))
}

function answerOf(error: unknown): PoolerAnswer | undefined {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || typeof message !== 'string') return undefined
  return BY_CODE[code]?.find(({ when }) => when.test(message))
}
