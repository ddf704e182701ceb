import { API_ROLES } from '../api-roles.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Exposed is what a role of the API can reach: the schema and at least one right on the table. Partitions are
 * reached through their parent, and not told again.
 */
export const rlsDisabled: Check = {
  id: 'S01',
  name: 'rls_disabled_in_exposed_schema',
  title: 'Everybody can reach all rows of a table through the API',
  severity: 'error',
  category: 'security',
  explain:
    'The roles anon and authenticated stand for anyone who has the address of the API. Without row-level security a right on the table is a right on every row of it. Databases without such roles have nothing to report here.',
  query: `${catalogue('tables')}, ${API_ROLES}
    SELECT t.name AS object, 'row-level security is off, and rights have: ' || string_agg(g.rolname, ', ' ORDER BY g.rolname) AS evidence,
           format(E'ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; -- hides all rows until there are policies\\n-- or: REVOKE ALL ON %1$s FROM %2$s;', t.name, string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname)) AS fix
      FROM tables AS t JOIN api_roles AS g
        ON has_schema_privilege(g.oid, t.relnamespace, 'USAGE') AND has_table_privilege(g.oid, t.oid, 'SELECT, INSERT, UPDATE, DELETE')
     WHERE NOT t.relrowsecurity
     GROUP BY t.name`,
}
