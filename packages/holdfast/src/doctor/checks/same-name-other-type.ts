import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Columns that all have foreign keys may differ: each follows the key of another table. One schema at a time: two
 * programs may share a database.
 */
export const sameNameOtherType: Check = {
  id: 'I03',
  name: 'same_name_other_type',
  title: 'An id has different types in different tables',
  severity: 'warning',
  category: 'integrity',
  explain:
    'Columns of one name that ends in _id are usually one thing. With different types they are compared through casts, and the narrower one overflows first. It may be left where the name means different things.',
  query: `${catalogue('columns', 'foreign_keys')},
    links AS (SELECT DISTINCT conrelid, attnum FROM foreign_keys CROSS JOIN LATERAL unnest(conkey) AS attnum),
    ids AS (SELECT c.*, l.attnum IS NOT NULL AS linked
              FROM columns AS c LEFT JOIN links AS l ON l.conrelid = c.relid AND l.attnum = c.attnum
             WHERE c.column_name ~ '_id$')
    SELECT quote_ident(nspname) || '.*.' || min(quoted) AS object,
           string_agg(table_name || ' has ' || type, ', ' ORDER BY table_name) AS evidence,
           '-- bring all of them to the widest type, for example:' || E'\\n'
             || string_agg(format('-- ALTER TABLE %s ALTER COLUMN %s TYPE ...;', table_name, quoted), E'\\n' ORDER BY table_name) AS fix
      FROM ids
     GROUP BY nspname, column_name
    HAVING count(DISTINCT atttypid) > 1 AND NOT bool_and(linked)`,
}
