import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The server itself records which columns a policy depends on; its text says which of them are looked for. What only
 * WITH CHECK names filters nothing. Columns with few different values, known by their names, are left out: an index
 * would not be used.
 */
export const policyColumnWithoutIndex: Check = {
  id: 'X14',
  name: 'policy_column_without_index',
  title: 'A policy filters by a column without an index',
  severity: 'warning',
  category: 'indexes',
  explain:
    'The condition of a policy is added to every query on the table. Without an index each of them reads the whole table, however few rows the user owns.',
  query: `${catalogue('policies', 'columns', 'indexes')}
    SELECT c.name AS object, 'used by ' || string_agg(DISTINCT p.quoted, ', ') AS evidence,
           format('CREATE INDEX CONCURRENTLY %I ON %s (%s);', left('idx_' || c.short_name || '_' || c.column_name, 60), c.table_name, c.quoted) AS fix
      FROM policies AS p
      JOIN pg_depend AS d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = p.polrelid AND d.refobjsubid > 0
      JOIN columns AS c ON c.relid = d.refobjid AND c.attnum = d.refobjsubid
     WHERE (strpos(p.using_text, c.quoted || ' = ') > 0 OR strpos(p.using_text, ' = ' || c.quoted) > 0 OR strpos(p.using_text, c.quoted || ' IN ') > 0)
       AND c.typname IN ('uuid', 'int4', 'int8', 'text', 'varchar') AND c.column_name !~ '(status|state|role|kind|type|visibility)$'
       AND NOT EXISTS (SELECT FROM indexes AS i WHERE i.indrelid = c.relid AND i.indisvalid AND i.keys[1] = c.attnum)
     GROUP BY c.name, c.short_name, c.column_name, c.table_name, c.quoted`,
}
