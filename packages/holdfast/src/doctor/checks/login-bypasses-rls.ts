import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Judged for the login that the doctor was given. A superuser is a warning: an administrator may ask the doctor, and
 * nobody knows which login the application has.
 */
export const loginBypassesRls: Check = {
  id: 'S04',
  name: 'login_bypasses_rls',
  title: 'Row-level security does not hold for this login',
  severity: 'error',
  category: 'security',
  explain:
    'Owners without FORCE, superusers and roles with BYPASSRLS see every row. An application that logs in as one of them is not guarded by any policy. Give the doctor the login of the application to know.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, format('%I owns the table, which is without FORCE ROW LEVEL SECURITY', t.relowner::regrole) AS evidence,
           format('ALTER TABLE %s FORCE ROW LEVEL SECURITY; -- or log in as a role that owns nothing', t.name) AS fix, NULL AS severity
      FROM tables AS t, pg_roles AS u
     WHERE u.rolname = current_user AND NOT u.rolsuper AND NOT u.rolbypassrls AND t.relrowsecurity AND NOT t.relforcerowsecurity
       AND pg_has_role(current_user, t.relowner, 'USAGE')
    UNION ALL
    SELECT 'role ' || quote_ident(u.rolname), concat_ws(' and ', CASE WHEN u.rolsuper THEN 'SUPERUSER' END, CASE WHEN u.rolbypassrls THEN 'BYPASSRLS' END),
           'CREATE ROLE app LOGIN NOBYPASSRLS; -- for the application, with the rights that it needs', 'warning'
      FROM pg_roles AS u
     WHERE u.rolname = current_user AND (u.rolsuper OR u.rolbypassrls) AND EXISTS (SELECT FROM tables AS t WHERE t.relrowsecurity)`,
}
