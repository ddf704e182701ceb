import type { Check } from '../check.js'

/**
 * Before PostgreSQL 15 the schema public of every new database was like that. USAGE alone lets nobody create
 * anything.
 */
export const publicCanCreate: Check = {
  id: 'S16',
  name: 'public_can_create',
  title: 'Everybody can create objects in a schema',
  severity: 'warning',
  category: 'security',
  explain:
    'Any login can put a function or table there that stands in the way of another one, and wait until somebody with more rights uses its name.',
  query: `
    SELECT quote_ident(n.nspname) AS object, 'CREATE is granted to PUBLIC' AS evidence,
           format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', n.nspname) AS fix
      FROM pg_namespace AS n
     WHERE n.oid = ANY ($1::oid[])
       AND EXISTS (SELECT FROM aclexplode(n.nspacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')`,
}
