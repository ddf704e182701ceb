import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * An estimate from the average width of rows: 28 bytes of header and pointer each, pages as full as fillfactor says.
 * Wide values may be stored elsewhere, which only makes the true size smaller.
 */
export const tableBloat: Check = {
  id: 'P09',
  name: 'table_bloat',
  title: 'A table is mostly empty',
  severity: 'info',
  category: 'performance',
  explain:
    'Space that dead rows left is used again by new ones, but not given back, and scans read it. Confirm with pgstattuple_approx before rewriting the table.',
  query: `${catalogue('tables')},
    sized AS (
      SELECT t.name, t.relpages, t.reltuples,
             ceil(t.reltuples * (28 + (SELECT sum(s.avg_width * (1 - s.null_frac)) FROM pg_stats AS s WHERE s.schemaname = t.nspname AND s.tablename = t.relname))
                  / (current_setting('block_size')::int - 24)
                  * 100 / coalesce((SELECT o.option_value::int FROM pg_options_to_table(t.reloptions) AS o WHERE o.option_name = 'fillfactor'), 100)) + 1 AS needed
        FROM tables AS t WHERE t.relkind = 'r' AND t.relpages > 8192 AND t.reltuples >= 0)
    SELECT name AS object, format('%s pages for what about %s would hold', relpages, needed) AS evidence,
           format('-- pg_repack or, while nobody reads it, VACUUM FULL %s;', name) AS fix
      FROM sized WHERE relpages > 2 * needed`,
}
