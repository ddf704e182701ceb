import { asPageKey, bothSides } from '../database/both-sides.js'
import type { Statement } from '../database/database.js'
import type { Position } from '../paging/cursor.js'

const COLUMNS = 'id, session_id, creator_id, fan_id, amount, tip, created_at, updated_at'
const NEWEST_FIRST = 'created_at DESC, id DESC'

/** The trigger of the table looks up the two people, and refuses an absent session. */
export function insertPayment(sessionId: string, amount: string, tip: string): Statement {
  return {
    text: `INSERT INTO payments (session_id, amount, tip) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
    values: [sessionId, amount, tip],
  }
}

export function selectPaymentsFrom(userId: string, limit: number, offset: number): Statement {
  const rows = bothSides({
    table: 'payments',
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

export function selectPaymentsAfter(userId: string, limit: number, start: Position | undefined): Statement {
  const rows = bothSides({
    table: 'payments',
    columns: COLUMNS,
    where: '(created_at, id) < ($3::timestamptz, $4::bigint)',
    orderBy: NEWEST_FIRST,
    limit: '$2',
  })
  return {
    text: `SELECT ${COLUMNS}, ${asPageKey('created_at')} FROM ${rows} ORDER BY ${NEWEST_FIRST} LIMIT $2`,
    values: [userId, limit, start?.key ?? 'infinity', start?.id ?? 0],
    readOnly: true,
  }
}
