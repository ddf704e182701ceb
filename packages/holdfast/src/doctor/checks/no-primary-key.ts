import { catalogue, keyColumns } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * A table whose rows a unique index on columns that are never null tells apart is better off: it lacks only the
 * declaration, so that is a warning. So is an unlogged one: it is never replicated, and emptied by a crash anyway.
 */
export const noPrimaryKey: Check = {
  id: 'I01',
  name: 'no_primary_key',
  title: 'A table has no primary key',
  severity: 'error',
  category: 'integrity',
  explain:
    'Without a primary key the same row can be stored twice, no foreign key can refer to it, and logical replication refuses its updates and deletes. A log that is only appended to and never replicated can do without.',
  query: `${catalogue('tables', 'columns', 'indexes')}
    SELECT t.name AS object,
           CASE WHEN u.name IS NULL THEN 'no primary key and no unique index that could be one'
                ELSE 'no primary key; the unique index ' || u.name || ' could be one' END AS evidence,
           CASE WHEN u.name IS NOT NULL THEN format('ALTER TABLE %s ADD PRIMARY KEY (%s);', t.name, u.key_columns)
                WHEN c.relid IS NOT NULL THEN format('ALTER TABLE %s ADD PRIMARY KEY (id); -- if id tells the rows apart', t.name)
                ELSE format('ALTER TABLE %s ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY; -- rewrites the table', t.name)
           END AS fix,
           CASE WHEN u.name IS NOT NULL OR t.relpersistence = 'u' THEN 'warning' END AS severity
      FROM tables AS t
      LEFT JOIN columns AS c ON c.relid = t.oid AND c.column_name = 'id'
      LEFT JOIN LATERAL (
        SELECT i.name, ${keyColumns('i.indrelid', 'i.keys')} AS key_columns FROM indexes AS i
         WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.predicate IS NULL
           AND NOT EXISTS (SELECT FROM unnest(i.keys) AS key(number)
                 LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = key.number
                WHERE a.attnotnull IS NOT TRUE)
         ORDER BY i.indnkeyatts, i.name LIMIT 1) AS u ON true
     WHERE NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = t.oid AND k.contype = 'p')`,
}
