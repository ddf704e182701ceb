import type { Statement } from '../database/database.js'

/** How far the daily statistics are. */
export interface ReconcileState {
  readonly complete: boolean
  /** The first days of what is to be compared at a time, oldest first. */
  readonly starts: readonly string[]
}

/** Everything while the kept days are not complete; then the latest `days`. */
export function selectReconcileState(days: number): Statement {
  return {
    text: `SELECT complete, ARRAY[CASE WHEN complete THEN to_char(first, 'YYYY-MM-DD') ELSE '-infinity' END]
                  || ARRAY(SELECT to_char(month, 'YYYY-MM-DD')
                             FROM generate_series(date_trunc('month', greatest(first, today - 3650)::timestamp), today,
                                                  interval '1 month') AS month
                            WHERE month > first ORDER BY month) AS starts
             FROM creator_daily_stats_state
            CROSS JOIN (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS t
            CROSS JOIN LATERAL (SELECT CASE WHEN complete THEN today - $1::integer
                                            ELSE least(first_creator_day(), today) END AS first) AS f`,
    values: [days],
  }
}

/** The monthly partitions for what is to be filled in. */
export function prepareMonths(): Statement {
  return { text: 'SELECT prepare_creator_days()', values: [] }
}

/** @param last excluded; `'infinity'` for all that is after `first` */
export function reconcileDays(first: string, last: string): Statement {
  return {
    text: `SELECT creator_id, to_char(day, 'YYYY-MM-DD') AS day, payments, amount, tips, sessions, ended_sessions,
                  session_seconds
             FROM reconcile_creator_days($1, $2)`,
    values: [first, last],
  }
}

export function recordReconciled(): Statement {
  return { text: 'UPDATE creator_daily_stats_state SET complete = true, reconciled_at = now()', values: [] }
}

/** Whether it was not done for so many hours, as far as is known. */
export function selectIsDue(hours: number): Statement {
  return {
    text: `SELECT NOT complete OR reconciled_at IS NULL OR reconciled_at < now() - make_interval(hours => $1) AS is_due
             FROM creator_daily_stats_state`,
    values: [hours],
    readOnly: true,
  }
}
