import { letsThrough } from '../api-roles.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'
import { APPEND_ONLY_NAME } from '../money-names.js'

/**
 * A trigger that refuses is as good as a right that was never given, and so are policies without a way through. The
 * owner may always change it, and is left out: it is the login of programs that matters.
 */
export const ledgerMutable: Check = {
  id: 'S15',
  name: 'ledger_mutable_by_app',
  title: 'An application can change what was recorded',
  severity: 'error',
  category: 'security',
  explain:
    'A ledger or audit trail proves something only if nobody can rewrite it. Take UPDATE, DELETE and TRUNCATE from the logins of applications, correct by new entries, and let a trigger refuse the rest.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, string_agg(format('%I may %s', g.rolname, rights.list), '; ' ORDER BY g.rolname) AS evidence,
           format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %s;', t.name, string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname)) AS fix
      FROM tables AS t
      JOIN pg_roles AS g ON (g.rolcanlogin OR g.rolname IN ('anon', 'authenticated')) AND NOT g.rolsuper AND NOT pg_has_role(g.oid, t.relowner, 'USAGE')
     CROSS JOIN LATERAL (
       SELECT nullif(concat_ws(', ',
                CASE WHEN has_table_privilege(g.oid, t.oid, 'UPDATE') AND ${letsThrough('w')} THEN 'update' END,
                CASE WHEN has_table_privilege(g.oid, t.oid, 'DELETE') AND ${letsThrough('d')} THEN 'delete' END,
                CASE WHEN has_table_privilege(g.oid, t.oid, 'TRUNCATE') AND g.rolcanlogin THEN 'truncate' END), '') AS list) AS rights
     WHERE t.relname ~ '${APPEND_ONLY_NAME}' AND rights.list IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_trigger AS r JOIN pg_proc AS f ON f.oid = r.tgfoid
                        WHERE r.tgrelid = t.oid AND NOT r.tgisinternal AND r.tgtype & 24 = 24 AND r.tgtype & 2 = 2 AND f.prosrc ~* '\\mraise\\M')
     GROUP BY t.name`,
}
