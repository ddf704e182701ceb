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
            WHERE creator_id = $1 AND day BETWEEN $2 AND $3 AND ${SOMETHING} ORDER BY day`,
    values: [creatorId, from, to],
    readOnly: true,
  }
}

/** The same, counted anew: for as long as the kept days are not complete. */
export function countDays(creatorId: string, { from, to }: Days): Statement {
  return {
    text: `SELECT to_char(day, 'YYYY-MM-DD') AS day, sum(payments)::bigint AS payments,
                  sum(amount)::numeric(20, 2) AS amount, sum(tips)::numeric(20, 2) AS tips,
                  sum(sessions)::bigint AS sessions, sum(ended)::bigint AS ended_sessions,
                  sum(seconds)::numeric(20, 6) AS session_seconds
             FROM (SELECT (created_at AT TIME ZONE 'UTC')::date AS day, 1 AS payments, amount, tip AS tips,
                          0 AS sessions, 0 AS ended, 0 AS seconds
                     FROM payments WHERE creator_id = $1 AND ${within('created_at')}
                   UNION ALL
                   SELECT (start_time AT TIME ZONE 'UTC')::date, 0, 0, 0, 1, (end_time IS NOT NULL)::integer,
                          coalesce(extract(epoch FROM end_time - start_time), 0)
                     FROM sessions WHERE creator_id = $1 AND ${within('start_time')}) AS counted
            GROUP BY counted.day ORDER BY counted.day`,
    values: [creatorId, from, to],
    readOnly: true,
    cache: false,
  }
}

function within(column: string): string {
  return `${column} >= $2::date::timestamp AT TIME ZONE 'UTC' AND ${column} < ($3::date + 1)::timestamp AT TIME ZONE 'UTC'`
}
