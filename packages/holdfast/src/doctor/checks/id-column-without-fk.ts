import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Reported only where the target is plain: a table of that name exists, or another table has a column of the same
 * name with a foreign key. Polymorphic references (`x_id` beside `x_type`) cannot have one.
 */
export const idColumnWithoutFk: Check = {
  id: 'I04',
  name: 'id_column_without_fk',
  title: 'A column refers to another table without a foreign key',
  severity: 'warning',
  category: 'integrity',
  explain:
    'Nothing keeps the row that such a column names from being deleted, or from never having been there. Applications that promise it themselves break the promise under concurrency.',
  query: `${catalogue('columns', 'foreign_keys')},
    keys AS (
      SELECT t.oid, t.name, t.nspname::text, t.relname::text AS short_name, a.attname, a.atttypid
        FROM tables AS t
        JOIN pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'p' AND cardinality(k.conkey) = 1
        JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]),
    examples AS (
      SELECT DISTINCT ON (d.nspname, d.column_name, k.atttypid) d.nspname, d.column_name, k.oid, k.name, k.attname, k.atttypid,
             f.table_name || ' has the same column with one' AS why
        FROM foreign_keys AS f
        JOIN columns AS d ON d.relid = f.conrelid AND f.conkey = ARRAY[d.attnum]
        JOIN keys AS k ON k.oid = f.confrelid
       ORDER BY d.nspname, d.column_name, k.atttypid, f.table_name, k.name),
    ids AS MATERIALIZED (SELECT * FROM columns WHERE column_name ~ '._id$'),
    guesses AS MATERIALIZED (
      SELECT c.relid, c.attnum, c.nspname, c.atttypid,
             CASE plural WHEN 'ies' THEN regexp_replace(left(c.column_name, -3), 'y$', '') ELSE left(c.column_name, -3) END || plural AS short_name
        FROM ids AS c CROSS JOIN unnest(ARRAY['', 's', 'es', 'ies']) AS plural),
    targets AS (
      SELECT g.relid, g.attnum, k.oid, k.name, k.attname, 'a table of that name exists' AS why
        FROM guesses AS g JOIN keys AS k USING (nspname, short_name, atttypid)
      UNION
      SELECT c.relid, c.attnum, e.oid, e.name, e.attname, e.why
        FROM ids AS c JOIN examples AS e ON e.nspname = c.nspname AND e.column_name = c.column_name AND e.atttypid = c.atttypid)
    SELECT DISTINCT ON (c.name) c.name AS object,
           format('no foreign key to %s, though %s', g.name, g.why) AS evidence,
           format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$I FOREIGN KEY (%3$s) REFERENCES %4$s (%5$I) NOT VALID;\\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;',
                  c.table_name, left('fk_' || c.short_name || '_' || c.column_name, 60), c.quoted, g.name, g.attname) AS fix
      FROM ids AS c JOIN targets AS g USING (relid, attnum)
     WHERE NOT EXISTS (SELECT FROM foreign_keys AS f WHERE f.conrelid = c.relid AND c.attnum = ANY (f.conkey))
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype = 'p' AND k.conkey = ARRAY[c.attnum])
       AND NOT EXISTS (SELECT FROM columns AS d WHERE d.relid = c.relid AND d.column_name = left(c.column_name, -3) || '_type')
     ORDER BY c.name, g.why, g.name`,
}
