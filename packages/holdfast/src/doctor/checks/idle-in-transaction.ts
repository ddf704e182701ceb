import type { Check, Problem, Row } from '../check.js'

/** A few at any moment are normal: between two statements of a transaction every session is. */
const MANY = 5

/**
 * Shares of the sessions of this database, at this moment. One session that sleeps for long is told by the check of
 * what holds the horizon.
 */
export const idleInTransaction: Check = {
  id: 'L02',
  name: 'idle_in_tx_or_waiting',
  title: 'Many sessions hold a transaction and do nothing, or wait',
  severity: 'warning',
  category: 'pooling',
  explain:
    'A program that calls other services inside a transaction, or waits for its own pool, keeps locks and connections for that time. Keep transactions to what the database does.',
  query: `
    SELECT count(*)::text AS all, count(*) FILTER (WHERE state LIKE 'idle in transaction%')::text AS idle, count(*) FILTER (WHERE wait_event_type = 'Lock')::text AS waiting
      FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()`,
  judge: rows => rows.flatMap(manyOf),
}

function manyOf({ all, idle, waiting }: Row): Problem[] {
  const tooMany = (count: string | null | undefined) =>
    Number(count) >= MANY && Number(count) > 0.2 * Number(all)
  return [
    ...(tooMany(idle)
      ? [
          problem(
            'idle in transaction',
            `${idle} of ${all} sessions`,
            "ALTER SYSTEM SET idle_in_transaction_session_timeout = '60s'; SELECT pg_reload_conf();",
          ),
        ]
      : []),
    ...(tooMany(waiting)
      ? [
          problem(
            'waiting for locks',
            `${waiting} of ${all} sessions`,
            "ALTER SYSTEM SET lock_timeout = '5s'; SELECT pg_reload_conf();",
          ),
        ]
      : []),
  ]
}

function problem(what: string, evidence: string, fix: string): Problem {
  return { object: `sessions ${what}`, evidence, fix }
}
