import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * An estimate: what the entries would take, with the average widths of the columns, in pages 90 % full. Entries that
 * PostgreSQL keeps once for equal keys only make the true size smaller, so that it errs on the side of silence.
 */
export const indexBloat: Check = {
  id: 'X16',
  name: 'index_bloat',
  title: 'An index is mostly empty',
  severity: 'info',
  category: 'indexes',
  explain:
    'Deletes leave pages that are nearly empty, and only those that are wholly empty are used again. Confirm with pgstatindex before rebuilding; rebuilding takes no lock that matters, but time and room for a second copy.',
  query: `${catalogue('indexes')},
    sized AS (
      SELECT i.name, i.relpages, i.reltuples,
             ceil(i.reltuples * (12 + (SELECT sum(ceil(s.avg_width / 8.0) * 8) FROM unnest(i.keys) AS key(number)
                  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = key.number
                  JOIN pg_stats AS s ON s.schemaname = i.nspname AND s.tablename = i.short_name AND s.attname = a.attname))
                  / (0.9 * (current_setting('block_size')::int - 40))) + 1 AS needed
        FROM indexes AS i
       WHERE i.amname = 'btree' AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts AND i.relpages > 1280 AND i.reltuples >= 0)
    SELECT name AS object, format('%s pages for what about %s would hold', relpages, needed) AS evidence,
           format('REINDEX INDEX CONCURRENTLY %s;', name) AS fix
      FROM sized WHERE relpages > 2 * needed`,
}
