import type { Check } from '../check.js'

/**
 * Not all of them can be moved; those have to be created anew. Languages and the like that lie in pg_catalog are
 * fine there.
 */
export const extensionInPublic: Check = {
  id: 'S17',
  name: 'extension_in_public',
  title: 'An extension lies in the schema public',
  severity: 'info',
  category: 'security',
  explain:
    'Its functions mix with yours, and where an API shows the schema, it shows them too. A schema of their own, on the search_path, keeps them apart.',
  query: `
    SELECT 'extension ' || quote_ident(e.extname) AS object, 'version ' || e.extversion || ' in public' AS evidence,
           CASE WHEN e.extrelocatable THEN format(E'CREATE SCHEMA IF NOT EXISTS extensions;\\nALTER EXTENSION %I SET SCHEMA extensions; -- and put it on the search_path', e.extname)
                ELSE format('-- cannot be moved: DROP EXTENSION %1$I; CREATE EXTENSION %1$I SCHEMA extensions; where nothing depends on it', e.extname) END AS fix
      FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
     WHERE n.nspname = 'public'`,
}
