import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Autovacuum comes at 20 % by default: more than 30 % of a table that matters means that it does not keep up. Below
 * 10,000 rows a table is vacuumed too quickly to matter.
 */
export const deadTuples: Check = {
  id: 'P02',
  name: 'dead_tuples',
  title: 'A table is full of dead rows',
  severity: 'warning',
  category: 'performance',
  explain:
    'Every scan reads them, and the table grows. Either autovacuum does not get to it, or something old keeps it from removing them: see the check of what holds the horizon.',
  query: `${catalogue('relations')}
    SELECT r.name AS object, format('%s dead rows, %s live ones, last vacuum %s', s.n_dead_tup, s.n_live_tup,
             coalesce(to_char(greatest(s.last_vacuum, s.last_autovacuum), 'YYYY-MM-DD'), 'never')) AS evidence,
           format(E'VACUUM %1$s;\\nALTER TABLE %1$s SET (autovacuum_vacuum_scale_factor = 0.05);', r.name) AS fix
      FROM relations AS r JOIN pg_stat_all_tables AS s ON s.relid = r.oid
     WHERE s.n_dead_tup > 10000 AND s.n_dead_tup > 0.3 * s.n_live_tup`,
}
