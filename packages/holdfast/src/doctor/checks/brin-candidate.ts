import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/** From five million rows on, and only where the rows lie in the order of time. */
export const brinCandidate: Check = {
  id: 'X15',
  name: 'brin_candidate',
  title: 'A large index on time could be a thousandth of its size',
  severity: 'info',
  category: 'indexes',
  explain:
    'Where rows are appended in the order of time, a BRIN index keeps the least and greatest time of each range of pages: a few hundred kilobytes instead of gigabytes. It reads ranges well and single rows badly, so leave the btree where rows are sorted by it.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object, format('correlation %s, %s rows, %s', round(s.correlation::numeric, 3), i.table_rows, pg_size_pretty(i.relpages * current_setting('block_size')::bigint)) AS evidence,
           format('CREATE INDEX CONCURRENTLY %I ON %s USING brin (%I) WITH (autosummarize = on); -- then DROP INDEX CONCURRENTLY %s;',
                  left(i.index_name, 55) || '_brin', i.table_name, a.attname, i.name) AS fix
      FROM indexes AS i
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.keys[1]
      JOIN pg_stats AS s ON s.schemaname = i.nspname AND s.tablename = i.short_name AND s.attname = a.attname
     WHERE i.amname = 'btree' AND cardinality(i.keys) = 1 AND NOT i.indisunique AND i.predicate IS NULL AND i.table_rows > 5e6
       AND abs(s.correlation) > 0.99 AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)`,
}
