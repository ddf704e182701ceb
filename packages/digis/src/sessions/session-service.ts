import type { QueryResult } from 'pg'
import type { Database } from '../database/database.js'
import { type Count, checkLimit, checkOffset } from '../input/amounts.js'
import { checkId, type Id } from '../input/identifiers.js'
import { type Keyed, type Page, type PageRequest, startOf, toPage } from '../paging/page.js'
import { checkSessionType, type Session, type SessionType, type SessionWithPeople } from './session.js'
import {
  endSessionOnce,
  insertSession,
  selectActiveSessions,
  selectSessionsAfter,
  selectSessionsFrom,
} from './session-queries.js'
import { sessionWithPeople } from './session-with-people.js'

/** The use cases of sessions. A user's sessions are those in which they are the creator or the fan. */
export interface SessionService {
  /**
   * Starts a session, now.
   *
   * @param type default `'video'`
   * @throws DigisInputError for an impossible argument; 23503 (missing reference) when one of the two is no user;
   * 23514 (check violated) when both are the same
   */
  createSession(creator_id: Id, fan_id: Id, type?: SessionType | null): Promise<QueryResult<Session>>
  /**
   * Ends a session, now. Ending it again changes nothing and returns it as it is; no row where there is no such
   * session.
   */
  endSession(session_id: Id): Promise<QueryResult<Session>>
  getSessionById(id: Id): Promise<SessionWithPeople | null>
  /**
   * Newest first. For a user that is not there: no row.
   *
   * @param limit 1 to 1,000; default 50
   */
  getUserSessions(user_id: Id, limit?: Count | null, offset?: Count | null): Promise<QueryResult<Session>>
  /** The same in keyset pages. @throws DigisInputError, also for the cursor of another user */
  listUserSessions(user_id: Id, page?: PageRequest): Promise<Page<Session>>
  /** Those that go on, newest first. */
  getActiveSessions(user_id: Id): Promise<QueryResult<Session>>
}

export function sessionService(database: Database): SessionService {
  return {
    async createSession(creator_id, fan_id, type) {
      const [creator, fan] = [checkId('creator_id', creator_id), checkId('fan_id', fan_id)]
      return database.run(insertSession(creator, fan, checkSessionType(type ?? 'video')))
    },

    async endSession(session_id) {
      return database.run(endSessionOnce(checkId('session_id', session_id)))
    },

    async getSessionById(id) {
      return sessionWithPeople(database, checkId('id', id))
    },

    async getUserSessions(user_id, limit, offset) {
      const id = checkId('user_id', user_id)
      return database.run(selectSessionsFrom(id, checkLimit(limit ?? 50), checkOffset(offset ?? 0)))
    },

    async listUserSessions(user_id, { limit, after } = {}) {
      const id = checkId('user_id', user_id)
      const scope = `sessions of ${id}`
      const count = checkLimit(limit ?? 20)
      const { rows } = await database.run<Keyed<Session>>(
        selectSessionsAfter(id, count + 1, startOf(scope, after)),
      )
      return toPage(scope, rows, count)
    },

    async getActiveSessions(user_id) {
      return database.run(selectActiveSessions(checkId('user_id', user_id)))
    },
  }
}
