import type { Statement } from '../database/database.js'
import type { Days } from './creator-day.js'

const SHOWN =
  "to_char(day, 'YYYY-MM-DD') AS day, payments, amount, tips, sessions, ended_sessions, session_seconds"
const SOMETHING = '(payments, sessions, amount, tips) <> (0, 0, 0, 0)'

/** Whether the kept days hold everything. */
export function selectIsComplete(): Statement {
  return { text: 'SELECT complete FROM creator_daily_stats_state', values: [], readOnly: true }
}

export function selectKeptDays(creatorId: string, { from, to }: Days): Statement {
  return {
    text: `SELECT ${SHOWN} FROM creator_daily_stats
            WHERE creator_id = $1 AND day BETWEEN $2 AND $3 AND ${SOMETHING} ORDER BY creator_daily_stats.day`,
    values: [creatorId, from, to],
    readOnly: true,
  }
}

/** The same, counted anew: for as long as the kept days are not complete. */
export function countDays(creatorId: string, { from, to }: Days): Statement {
  return {
    text: `SELECT ${SHOWN} FROM count_days_of_creator($1, $2, $3::date + 1) AS counted ORDER BY counted.day`,
    values: [creatorId, from, to],
    readOnly: true,
    cache: false,
  }
}
