import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'
import { MONEY_NAME, RECORD_NAME } from '../money-names.js'

/**
 * Lines that go with their own invoice are fine: what must not happen is that a person or a session takes money
 * along. The name of the table alone is not enough: it must hold an amount, or be a ledger or an audit trail by
 * name.
 */
export const cascadeDeleteIntoMoney: Check = {
  id: 'I16',
  name: 'cascade_delete_into_money',
  title: 'Deleting something else deletes records of money',
  severity: 'error',
  category: 'integrity',
  explain:
    'One DELETE of a user removes what was paid, and with it the proof. Keep the records with ON DELETE RESTRICT and anonymise the user instead.',
  query: `${catalogue('columns', 'foreign_keys')}
    SELECT f.name AS object,
           format('deleting a row of %s deletes its rows here: %s', f.target_name, pg_get_constraintdef(f.oid)) AS evidence,
           format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$I %3$s NOT VALID;\\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;\\nALTER TABLE %1$s DROP CONSTRAINT %4$I;',
                  f.table_name, left(f.conname, 54) || '_restrict', regexp_replace(replace(pg_get_constraintdef(f.oid), 'ON DELETE CASCADE', 'ON DELETE RESTRICT'), ' NOT VALID$', ''), f.conname) AS fix
      FROM foreign_keys AS f JOIN pg_class AS target ON target.oid = f.confrelid
     WHERE f.confdeltype = 'c' AND f.short_name ~ '${RECORD_NAME}' AND target.relname !~ '${RECORD_NAME}'
       AND (f.short_name ~ '(ledger|audit|journal)'
         OR EXISTS (SELECT FROM columns AS c WHERE c.relid = f.conrelid AND c.typcategory = 'N' AND c.column_name ~ '${MONEY_NAME}'))`,
}
