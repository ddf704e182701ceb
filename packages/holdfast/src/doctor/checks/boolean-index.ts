import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The rarer value in a WHERE makes an index of the rows that are looked for. An index on several columns that
 * begins with one is left alone: the others may narrow the search.
 */
export const booleanIndex: Check = {
  id: 'X08',
  name: 'boolean_index',
  title: 'An index tells only true from false',
  severity: 'info',
  category: 'indexes',
  explain:
    'Half of a table is not worth an index: the planner reads the table. A partial index on what the query sorts or filters by, with the boolean in its WHERE, is small and used.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object, format('%I is boolean', a.attname) AS evidence,
           format('-- CREATE INDEX CONCURRENTLY ON %s (...) WHERE %I; then DROP INDEX CONCURRENTLY %s;', i.table_name, a.attname, i.name) AS fix
      FROM indexes AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.keys[1]
     WHERE cardinality(i.keys) = 1 AND i.predicate IS NULL AND NOT i.indisunique AND a.atttypid = 'bool'::regtype`,
}
