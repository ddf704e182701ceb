import { API_ROLES } from '../api-roles.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Trigger functions cannot be called, and what a policy calls has to be executable by those whom it binds. What the API
 * cannot reach by its schema is left alone, and so is what it may not execute.
 */
export const definerExecutable: Check = {
  id: 'S14',
  name: 'definer_function_executable',
  title: 'The API can call a function with the rights of its owner',
  severity: 'warning',
  category: 'security',
  explain:
    'Functions are executable by everybody unless that is revoked, and a SECURITY DEFINER function goes around row-level security. Leave it where the function checks its caller.',
  query: `${catalogue('functions')}, ${API_ROLES}
    SELECT f.name AS object, 'SECURITY DEFINER, executable by ' || string_agg(g.rolname, ', ' ORDER BY g.rolname) AS evidence,
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %s;', f.name, string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname)) AS fix
      FROM functions AS f JOIN api_roles AS g
        ON has_schema_privilege(g.oid, f.pronamespace, 'USAGE') AND has_function_privilege(g.oid, f.oid, 'EXECUTE')
     WHERE f.oid NOT IN (SELECT refobjid FROM pg_depend WHERE classid = 'pg_policy'::regclass AND refclassid = 'pg_proc'::regclass)
       AND f.prosecdef AND f.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
     GROUP BY f.name`,
}
