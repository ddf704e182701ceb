import type { Check } from '../check.js'

/**
 * At this moment: asked twice, it may be gone. Only who waits for a lock is asked whom it waits for. Quoted and numeric values
 * are cut out of the query that is shown: they may be secrets.
 */
export const blockedQueries: Check = {
  id: 'O03',
  name: 'blocked_queries',
  title: 'Sessions wait for a lock',
  severity: 'warning',
  category: 'operations',
  explain:
    'One session holds what others want, often by a migration, or inside a transaction that somebody forgot. Everything that comes after waits behind them.',
  query: `
    SELECT 'session ' || a.pid AS object,
           format('waits for %s since %s s: %s', array_to_string(pg_blocking_pids(a.pid), ', '), round(extract(epoch FROM clock_timestamp() - a.query_start)::numeric, 1),
                  left(regexp_replace(a.query, '(''[^'']*(''|$)|\\m[0-9]+\\M)', '?', 'g'), 120)) AS evidence,
           format('SELECT pg_cancel_backend(%s); -- or that of the first in the line', (pg_blocking_pids(a.pid))[1]) AS fix
      FROM pg_stat_activity AS a
     WHERE a.wait_event_type = 'Lock' AND a.datname = current_database() AND cardinality(pg_blocking_pids(a.pid)) > 0`,
}
