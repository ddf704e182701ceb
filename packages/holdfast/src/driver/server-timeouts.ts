import pg, { type ClientConfig } from 'pg'

/** Limits that pg has the server keep: it sends them as startup parameters, and no pooler takes those. */
export const SERVER_TIMEOUTS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const

/** Those of {@link SERVER_TIMEOUTS} that are set, as text for the server: milliseconds unless they carry a unit. */
export type ServerTimeouts = Readonly<Partial<Record<(typeof SERVER_TIMEOUTS)[number], string>>>

/** The limits in a client's configuration. */
export function serverTimeouts(config: ClientConfig): ServerTimeouts {
  const given = SERVER_TIMEOUTS.map(name => [name, config[name]] as const)
  return Object.freeze(
    Object.fromEntries(given.filter(([, value]) => value).map(([name, value]) => [name, String(value)])),
  )
}

/** The same configuration without the limits; what is not enumerable, such as the password, stays so. */
export function withoutServerTimeouts(config: ClientConfig): ClientConfig {
  const descriptors = Object.getOwnPropertyDescriptors(config)
  for (const name of SERVER_TIMEOUTS) delete descriptors[name]
  return Object.defineProperties({}, descriptors)
}

/** The statements that set the limits, in one text; `undefined` when there are none. */
export function setTimeouts(timeouts: ServerTimeouts, scope: 'SESSION' | 'LOCAL'): string | undefined {
  const statements = Object.entries(timeouts).map(
    ([name, value]) => `SET ${scope} ${name} = ${pg.escapeLiteral(value)}`,
  )
  return statements.length === 0 ? undefined : statements.join('; ')
}
