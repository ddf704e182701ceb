import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Only keys that a sequence counts up: a number that people give, such as a country's, does not run out. Columns
 * that refer to the key are named in the evidence: they have to change with it.
 */
export const narrowIntegerKey: Check = {
  id: 'I06',
  name: 'narrow_integer_key',
  title: 'A counted key will run out',
  severity: 'warning',
  category: 'integrity',
  explain:
    'A key of four bytes ends at 2,147,483,647, and gaps and rolled-back inserts count. Then every insert fails, and the change to bigint rewrites the table and all that refer to it. It is cheap as long as the table is small.',
  query: `${catalogue('columns', 'foreign_keys')}
    SELECT c.name AS object,
           c.type || ' counted by a sequence' || coalesce('; referred to by ' || (
             SELECT string_agg(f.table_name || '.' || quote_ident(a.attname), ', ' ORDER BY f.table_name)
               FROM foreign_keys AS f JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
              WHERE f.confrelid = c.relid AND f.confkey = ARRAY[c.attnum]), '') AS evidence,
           format(E'-- rewrites the table under an exclusive lock: for a big one use a new column, filled in batches\\nALTER TABLE %s ALTER COLUMN %s TYPE bigint;', c.table_name, c.quoted)
             || coalesce(E'\\n' || (SELECT format('ALTER SEQUENCE %s AS bigint;', q) FROM pg_get_serial_sequence(c.table_name, c.column_name) AS q WHERE c.attidentity = '' AND q IS NOT NULL), '') AS fix
      FROM columns AS c
     WHERE c.typname IN ('int2', 'int4') AND (c.attidentity <> '' OR c.default_value ~ '^nextval')
       AND EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype = 'p' AND c.attnum = ANY (k.conkey))`,
}
