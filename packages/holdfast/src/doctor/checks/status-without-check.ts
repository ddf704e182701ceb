import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Not what only looks like a status: content types, the type of a polymorphic reference, the state of an address. A
 * domain or an enum is a rule as well, and does not come here.
 */
export const statusWithoutCheck: Check = {
  id: 'I12',
  name: 'status_without_check',
  title: 'A status takes any text',
  severity: 'warning',
  category: 'integrity',
  explain:
    'One misspelt word, and a row is in a state that no code handles. A CHECK with the words, or a foreign key to a table of them, costs nothing at reading. It may be left where the words are an open list.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, c.type || ' without CHECK or foreign key' AS evidence,
           format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$I CHECK (%3$s IN (''...'')) NOT VALID; -- SELECT DISTINCT %3$s FROM %1$s\\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;',
                  c.table_name, left('chk_' || c.short_name || '_' || c.column_name, 60), c.quoted) AS fix
      FROM columns AS c
     WHERE c.column_name ~ '(^|_)(status|state|role|kind|type)$' AND c.typname IN ('text', 'varchar')
       AND c.column_name !~ '(content|mime|media|file)_?type$'
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype IN ('c', 'f') AND c.attnum = ANY (k.conkey))
       AND NOT EXISTS (SELECT FROM pg_attribute AS d WHERE d.attrelid = c.relid AND NOT d.attisdropped
             AND (d.attname = regexp_replace(c.column_name, '_type$', '_id') AND c.column_name ~ '_type$'
               OR c.column_name = 'state' AND d.attname ~ '^(city|zip|zip_code|postal_code|postcode|country)$'))`,
}
