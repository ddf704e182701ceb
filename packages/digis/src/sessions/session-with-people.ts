import type { Database } from '../database/database.js'
import type { PeopleOfSession, SessionWithPeople } from './session.js'
import { selectPeopleOfSession, selectSessionBetween, selectSessionWithPeople } from './session-queries.js'

/**
 * A session with its two people, as of one moment; `null` where there is none.
 *
 * Uncached it is one query. Cached it is two, so that no change of anybody else touches the result: who the two are,
 * which changes with the session alone, and the session with these two. Should they be others between the two
 * queries, the second finds nothing, and the one query decides.
 */
export async function sessionWithPeople(database: Database, id: string): Promise<SessionWithPeople | null> {
  if (!database.cached) return only(await database.run(selectSessionWithPeople(id)))
  const people = only(await database.run<PeopleOfSession>(selectPeopleOfSession(id)))
  if (people === null) return null
  const found = only(await database.run<SessionWithPeople>(selectSessionBetween(id, people)))
  return found ?? only(await database.run(selectSessionWithPeople(id)))
}

function only<R>({ rows }: { rows: readonly R[] }): R | null {
  return rows[0] ?? null
}
