import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Autovacuum analyzes at 10 % by default. Partitioned parents are never analyzed by themselves, and are left out.
 */
export const staleStatistics: Check = {
  id: 'P03',
  name: 'stale_stats',
  title: 'The planner works with old numbers',
  severity: 'warning',
  category: 'performance',
  explain:
    'Without statistics, or with those of a table that has changed since, the planner guesses: a loop over a million rows that it thought were ten.',
  query: `${catalogue('relations')}
    SELECT r.name AS object,
           CASE WHEN coalesce(s.last_analyze, s.last_autoanalyze) IS NULL THEN format('never analyzed, %s rows', s.n_live_tup)
                ELSE format('%s of %s rows changed since the last ANALYZE', s.n_mod_since_analyze, s.n_live_tup) END AS evidence,
           format('ANALYZE %s;', r.name) AS fix
      FROM relations AS r JOIN pg_stat_all_tables AS s ON s.relid = r.oid
     WHERE r.relkind IN ('r', 'm') AND s.n_live_tup > 10000
       AND (coalesce(s.last_analyze, s.last_autoanalyze) IS NULL OR s.n_mod_since_analyze > 0.3 * s.n_live_tup)`,
}
