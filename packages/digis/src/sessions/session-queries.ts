import { ACTIVE_SESSIONS } from '../cache/lifetimes.js'
import { asPageKey, bothSides } from '../database/both-sides.js'
import type { Statement } from '../database/database.js'
import type { Position } from '../paging/cursor.js'
import type { PeopleOfSession, SessionType } from './session.js'

const COLUMNS = 'id, creator_id, fan_id, type, start_time, end_time, created_at, updated_at'
const NEWEST_FIRST = 'start_time DESC, id DESC'

export function insertSession(creatorId: string, fanId: string, type: SessionType): Statement {
  return {
    text: `INSERT INTO sessions (creator_id, fan_id, type) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
    values: [creatorId, fanId, type],
  }
}

/**
 * Keeps the end of a session that has one. The row is read under its lock, so that of two calls at once the second
 * sees the first one's end; a separate SELECT would not.
 */
export function endSessionOnce(id: string): Statement {
  return {
    text: `UPDATE sessions SET end_time = coalesce(end_time, greatest(clock_timestamp(), start_time))
            WHERE id = $1 RETURNING ${COLUMNS}`,
    values: [id],
    idempotent: true,
  }
}

const WITH_PEOPLE = `
  SELECT ${COLUMNS.replaceAll(/\w+/g, column => `s.${column}`)},
         c.supabase_id AS creator_supabase_id, c.bio AS creator_bio, f.supabase_id AS member_supabase_id
    FROM sessions AS s
    JOIN users AS c ON c.id = s.creator_id
    JOIN users AS f ON f.id = s.fan_id
   WHERE s.id = $1`

/** Would depend on every user, were it cached: who the two are does not show in it. */
export function selectSessionWithPeople(id: string): Statement {
  return { text: WITH_PEOPLE, values: [id], readOnly: true, cache: false }
}

export function selectPeopleOfSession(id: string): Statement {
  return { text: 'SELECT creator_id, fan_id FROM sessions WHERE id = $1', values: [id], readOnly: true }
}

/** No row when the two are others by now. Depends on the session and its two users alone. */
export function selectSessionBetween(id: string, { creator_id, fan_id }: PeopleOfSession): Statement {
  const text = `${WITH_PEOPLE} AND s.creator_id = $2 AND s.fan_id = $3`
  return { text, values: [id, creator_id, fan_id], readOnly: true }
}

export function selectSessionsFrom(userId: string, limit: number, offset: number): Statement {
  const rows = bothSides({
    table: 'sessions',
    columns: COLUMNS,
    orderBy: NEWEST_FIRST,
    limit: '$2::bigint + $3::bigint',
  })
  return {
    text: `SELECT ${COLUMNS} FROM ${rows} ORDER BY ${NEWEST_FIRST} LIMIT $2 OFFSET $3`,
    values: [userId, limit, offset],
    readOnly: true,
  }
}

export function selectSessionsAfter(userId: string, limit: number, start: Position | undefined): Statement {
  const rows = bothSides({
    table: 'sessions',
    columns: COLUMNS,
    where: '(start_time, id) < ($3::timestamptz, $4::bigint)',
    orderBy: NEWEST_FIRST,
    limit: '$2',
  })
  return {
    text: `SELECT ${COLUMNS}, ${asPageKey('start_time')} FROM ${rows} ORDER BY ${NEWEST_FIRST} LIMIT $2`,
    values: [userId, limit, start?.key ?? 'infinity', start?.id ?? 0],
    readOnly: true,
  }
}

export function selectActiveSessions(userId: string): Statement {
  return {
    text: `SELECT ${COLUMNS} FROM sessions WHERE creator_id = $1 AND end_time IS NULL
           UNION ALL
           SELECT ${COLUMNS} FROM sessions WHERE fan_id = $1 AND end_time IS NULL
           ORDER BY ${NEWEST_FIRST}`,
    values: [userId],
    readOnly: true,
    cache: ACTIVE_SESSIONS,
  }
}
