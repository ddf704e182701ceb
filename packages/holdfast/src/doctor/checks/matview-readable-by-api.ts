import { API_ROLES } from '../api-roles.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Neither of them can have policies. A view of public totals is meant to be read by all: that is why it is a
 * warning.
 */
export const matviewReadableByApi: Check = {
  id: 'S12',
  name: 'matview_or_foreign_table_readable',
  title: 'A materialized view or foreign table is open to the API',
  severity: 'warning',
  category: 'security',
  explain:
    'Row-level security does not exist for materialized views and foreign tables: whoever may read one reads all of it. Keep them in a schema that the API does not show, and filter in a function, unless everybody may see all.',
  query: `${catalogue('relations')}, ${API_ROLES}
    SELECT r.name AS object, 'readable by ' || string_agg(g.rolname, ', ' ORDER BY g.rolname) AS evidence,
           format('REVOKE SELECT ON %s FROM %s;', r.name, string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname)) AS fix
      FROM relations AS r JOIN api_roles AS g ON has_schema_privilege(g.oid, r.relnamespace, 'USAGE') AND has_table_privilege(g.oid, r.oid, 'SELECT')
     WHERE r.relkind IN ('m', 'f')
     GROUP BY r.name`,
}
