import { letsThrough } from '../api-roles.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Rights on the column, and a policy that lets some row through. Flags and dates about a secret, such as
 * password_changed_at, are none.
 */
export const sensitiveColumnReadable: Check = {
  id: 'S18',
  name: 'sensitive_column_readable_by_anon',
  title: 'Strangers can read a secret',
  severity: 'error',
  category: 'security',
  explain:
    'The role anon is everybody, without a login. A hash can be attacked at leisure, and a token or key be used at once. Policies choose rows, not columns: take the right on the column away, or keep it in another table.',
  query: `${catalogue('tables', 'columns')}
    SELECT c.name AS object, 'readable by ' || string_agg(g.rolname, ', ' ORDER BY g.rolname) AS evidence,
           format('REVOKE SELECT ON %1$s FROM %2$s; -- then GRANT SELECT on the other columns: GRANT SELECT (...) ON %1$s TO %2$s;',
                  c.table_name, string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname)) AS fix
      FROM columns AS c
      JOIN tables AS t ON t.oid = c.relid
      JOIN pg_roles AS g ON g.rolname IN ('anon', 'web_anon')
     WHERE c.column_name ~* '(password|passwd|secret|token_hash|api_key|apikey|private_key|ssn|iban|card_number|cvv|refresh_token|access_token)'
       AND c.typname <> 'bool' AND c.typcategory <> 'D'
       AND has_schema_privilege(g.oid, t.relnamespace, 'USAGE') AND has_column_privilege(g.oid, c.relid, c.attnum, 'SELECT') AND ${letsThrough('r')}
     GROUP BY c.name, c.table_name`,
}
