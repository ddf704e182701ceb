import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Only views of tables with row-level security, and only when somebody else than the owner may read them. Views of
 * views are judged by the tables that they name themselves.
 */
export const viewBypassesRls: Check = {
  id: 'S11',
  name: 'view_without_security_invoker',
  title: 'A view shows rows that policies hide',
  severity: 'error',
  category: 'security',
  since: 15,
  explain:
    'A view reads with the rights of its owner, who is usually not bound by the policies of the tables: everybody who may read the view sees all rows. With security_invoker it reads with the rights of the caller.',
  query: `${catalogue('relations')}
    SELECT v.name AS object, 'reads with the rights of ' || v.relowner::regrole || ' from ' || string_agg(DISTINCT t.oid::regclass::text, ', ') AS evidence,
           format('ALTER VIEW %s SET (security_invoker = true);', v.name) AS fix
      FROM relations AS v
      JOIN pg_rewrite AS w ON w.ev_class = v.oid
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class AS t ON t.oid = d.refobjid AND t.relrowsecurity
     WHERE v.relkind = 'v'
       AND NOT EXISTS (SELECT FROM pg_options_to_table(v.reloptions) AS o WHERE o.option_name = 'security_invoker' AND lower(o.option_value) IN ('true', 'on', 'yes', '1'))
       AND EXISTS (SELECT FROM aclexplode(v.relacl) AS a WHERE a.grantee <> v.relowner AND a.privilege_type = 'SELECT')
     GROUP BY v.name, v.relowner`,
}
