import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * An integer that is too narrow for the keys it has to hold breaks one day; other differences only cost casts, and
 * a column that is wider than its target costs nothing worse.
 */
export const fkTypeMismatch: Check = {
  id: 'I02',
  name: 'fk_type_mismatch',
  title: 'A foreign key and its target have different types',
  severity: 'error',
  category: 'integrity',
  explain:
    'A column that is narrower than the key it refers to fails with "integer out of range" once the keys have grown past it. Where the types differ otherwise, comparisons need casts that may keep an index from being used.',
  query: `${catalogue('foreign_keys')}
    SELECT f.table_name || '.' || quote_ident(a.attname) AS object,
           format('%s refers to %s.%I %s', format_type(a.atttypid, a.atttypmod), f.target_name, b.attname,
                  format_type(b.atttypid, b.atttypmod)) AS evidence,
           format(E'-- rewrites the table; for a big one add a new column, fill it in batches and rename\\nALTER TABLE %s ALTER COLUMN %I TYPE %s;',
                  f.table_name, a.attname, format_type(b.atttypid, b.atttypmod)) AS fix,
           CASE WHEN x.typname IN ('int2', 'int4') AND y.typname IN ('int4', 'int8') AND x.typlen < y.typlen
                THEN 'error' ELSE 'warning' END AS severity
      FROM foreign_keys AS f
     CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS pair(own, other)
      JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = pair.own
      JOIN pg_attribute AS b ON b.attrelid = f.confrelid AND b.attnum = pair.other
      JOIN pg_type AS x ON x.oid = a.atttypid
      JOIN pg_type AS y ON y.oid = b.atttypid
     WHERE (CASE WHEN x.typtype = 'd' THEN x.typbasetype ELSE x.oid END)
        <> (CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END)
        OR (x.oid = y.oid AND a.atttypmod <> b.atttypmod)`,
}
