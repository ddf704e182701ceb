import type { Check } from '../check.js'

/** Grantee 0 is PUBLIC. Functions are executable by PUBLIC by default, without an entry here. */
export const defaultPrivilegesOpen: Check = {
  id: 'S21',
  name: 'default_privileges_open',
  title: 'Tables that do not exist yet are open already',
  severity: 'warning',
  category: 'security',
  explain:
    'Default privileges give every future table to a role that stands for strangers. A table created in a hurry, without row-level security, is then readable or writable by all.',
  query: `
    SELECT format('%s in %s by %I', 'tables', coalesce('schema ' || quote_ident(n.nspname), 'all schemas'), d.defaclrole::regrole) AS object,
           string_agg(format('%s to %s', rights.list, rights.grantee), '; ' ORDER BY rights.grantee) AS evidence,
           string_agg(format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON TABLES FROM %s;', d.defaclrole::regrole,
                             coalesce(' IN SCHEMA ' || quote_ident(n.nspname), ''), rights.grantee), E'\\n' ORDER BY rights.grantee) AS fix
      FROM pg_default_acl AS d
      LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
     CROSS JOIN LATERAL (
       SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS list
         FROM aclexplode(d.defaclacl) AS a
        WHERE a.grantee = 0 OR a.grantee IN (SELECT oid FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'web_anon'))
        GROUP BY a.grantee) AS rights
     WHERE d.defaclobjtype = 'r' AND (d.defaclnamespace = 0 OR n.oid = ANY ($1::oid[]))
     GROUP BY n.nspname, d.defaclrole`,
}
