import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The share of nulls is the planner's estimate: absent before ANALYZE, and for tables that the login may not read.
 * Below a thousand rows nothing is saved.
 */
export const nullHeavyIndex: Check = {
  id: 'X07',
  name: 'null_heavy_index',
  title: 'Most entries of an index are null',
  severity: 'info',
  category: 'indexes',
  explain:
    'Nobody looks for the nulls through it, but they are stored, cached and written. A partial index holds the rest alone. It may be left where IS NULL is what is looked for.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object, format('%s %% of %I are null', round((100 * s.null_frac)::numeric), a.attname) AS evidence,
           format('CREATE INDEX CONCURRENTLY %I ON %s (%I) WHERE %I IS NOT NULL; -- then DROP INDEX CONCURRENTLY %s;',
                  left(i.index_name, 52) || '_not_null', i.table_name, a.attname, a.attname, i.name) AS fix
      FROM indexes AS i
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.keys[1]
      JOIN pg_stats AS s ON s.schemaname = i.nspname AND s.tablename = i.short_name AND s.attname = a.attname
     WHERE i.predicate IS NULL AND NOT i.indisunique AND cardinality(i.keys) = 1 AND s.null_frac > 0.5 AND i.table_rows > 1000`,
}
