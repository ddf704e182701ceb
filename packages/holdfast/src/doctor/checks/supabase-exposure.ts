import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The schemas that Supabase manages are not looked at, but what the user's own schema does with them is. The tables
 * of queues and of GraphQL are under row-level security like any other, and judged as such.
 */
export const supabaseExposure: Check = {
  id: 'S20',
  name: 'supabase_exposure',
  title: 'Something of Supabase’s own is shown or built upon',
  severity: 'error',
  category: 'security',
  explain:
    'A view of auth.users in a schema of the API shows addresses and metadata of everybody. A foreign key to another column of auth than a primary key may break when Supabase changes its schema. A policy that lets a public bucket be listed tells the names of all files; a public bucket needs none.',
  skip: ({ supabase }) => (supabase ? undefined : 'this is not Supabase'),
  query: `${catalogue('relations', 'foreign_keys')}
    SELECT v.name AS object, 'shows auth.users to ' || string_agg(DISTINCT g.rolname, ', ') AS evidence,
           format('REVOKE ALL ON %s FROM anon, authenticated; -- show a table of public profiles instead', v.name) AS fix, NULL AS severity
      FROM relations AS v
      JOIN pg_rewrite AS w ON w.ev_class = v.oid
      JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = to_regclass('auth.users')
      JOIN pg_roles AS g ON g.rolname IN ('anon', 'authenticated') AND has_table_privilege(g.oid, v.oid, 'SELECT')
     WHERE v.relkind IN ('v', 'm')
     GROUP BY v.name
    UNION ALL
    SELECT f.name, 'refers to a unique column of ' || f.target_name || ' instead of its primary key', format('-- refer to the id: ALTER TABLE %s DROP CONSTRAINT %I;', f.table_name, f.conname), 'warning'
      FROM foreign_keys AS f JOIN pg_class AS c ON c.oid = f.confrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'auth'
     WHERE NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = f.confrelid AND k.contype = 'p' AND f.confkey @> k.conkey)
    UNION ALL
    SELECT 'storage.objects.' || quote_ident(p.polname), 'lets a whole bucket be listed: ' || pg_get_expr(p.polqual, p.polrelid), format('DROP POLICY %I ON storage.objects; -- files of a public bucket are served without it', p.polname), 'warning'
      FROM pg_policy AS p
     WHERE p.polrelid = to_regclass('storage.objects') AND p.polcmd IN ('r', '*')
       AND (0 = ANY (p.polroles) OR EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = ANY (p.polroles) AND r.rolname = 'anon'))
       AND pg_get_expr(p.polqual, p.polrelid) ~ '^\\(?bucket_id = ''[^'']*''::text\\)?$'`,
}
