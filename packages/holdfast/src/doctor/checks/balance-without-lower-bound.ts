import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Not copies of a balance at some moment, and not accounts that say themselves that they may be overdrawn. BETWEEN
 * counts, since the server stores it as two comparisons; an upper bound alone does not.
 */
export const balanceWithoutLowerBound: Check = {
  id: 'I13',
  name: 'balance_without_nonneg',
  title: 'A balance may become negative',
  severity: 'error',
  category: 'integrity',
  explain:
    'Two withdrawals at once both see enough money. A CHECK (balance >= 0) is the one guard that no code path and no second session can go around. Leave it out only where overdrafts are meant.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, c.type || ' without CHECK (' || c.quoted || ' >= 0)' AS evidence,
           format(E'ALTER TABLE %1$s ADD CONSTRAINT %2$I CHECK (%3$s >= 0) NOT VALID;\\nALTER TABLE %1$s VALIDATE CONSTRAINT %2$I;',
                  c.table_name, left('chk_' || c.short_name || '_' || c.column_name, 60), c.quoted) AS fix
      FROM columns AS c
     WHERE c.column_name ~ '(^|_)balance(_|$)' AND c.typcategory = 'N'
       AND c.column_name !~ '(after|before|previous|opening|closing|running)'
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype = 'c' AND c.attnum = ANY (k.conkey)
             AND pg_get_constraintdef(k.oid) ~ '>=? \\(?''?0')
       AND NOT EXISTS (SELECT FROM pg_attribute AS d WHERE d.attrelid = c.relid AND NOT d.attisdropped AND d.attname ~ '(negative|overdraft|credit_limit)')`,
}
