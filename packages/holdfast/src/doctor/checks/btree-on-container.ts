import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * A unique index on the whole value has its sense. Only the first column is looked at, because a search begins
 * there.
 */
export const btreeOnContainer: Check = {
  id: 'X09',
  name: 'btree_on_array_jsonb',
  title: 'A btree index on a value with parts',
  severity: 'warning',
  category: 'indexes',
  explain:
    'A btree compares whole arrays and documents. It cannot answer "contains", which is what such columns are asked, and it fails on values of more than a third of a page.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object, format('%I is %s', a.attname, format_type(a.atttypid, a.atttypmod)) AS evidence,
           format('CREATE INDEX CONCURRENTLY %I ON %s USING gin (%I); -- then DROP INDEX CONCURRENTLY %s;', left(i.index_name, 55) || '_gin', i.table_name, a.attname, i.name) AS fix
      FROM indexes AS i
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.keys[1]
      JOIN pg_type AS y ON y.oid = a.atttypid
     WHERE i.amname = 'btree' AND NOT i.indisunique AND (y.typcategory = 'A' OR y.typname IN ('jsonb', 'tsvector'))`,
}
