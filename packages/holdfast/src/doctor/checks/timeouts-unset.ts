import type { Check } from '../check.js'

/**
 * For each login: what the role, the database or the server sets. The doctor's own limits do not count. A setting
 * for all roles, or for the database, serves as well.
 */
export const timeoutsUnset: Check = {
  id: 'O05',
  name: 'timeouts_unset',
  title: 'A login may wait and hold without end',
  severity: 'warning',
  category: 'operations',
  explain:
    'Without limits one forgotten transaction, one lock or one runaway query blocks others until somebody finds it. Programs may set the limits themselves; set on the role, they hold for those that do not.',
  query: `
    SELECT 'role ' || quote_ident(r.rolname) AS object, 'not set: ' || string_agg(n.name, ', ' ORDER BY n.name) AS evidence,
           string_agg(format('ALTER ROLE %I SET %s = %L;', r.rolname, n.name, n.proposal), E'\\n' ORDER BY n.name) AS fix
      FROM pg_roles AS r
     CROSS JOIN (VALUES ('statement_timeout', '30s'), ('lock_timeout', '5s'), ('idle_in_transaction_session_timeout', '60s')) AS n(name, proposal)
     WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolreplication AND r.rolname !~ '^(pg_|supabase_|rds|cloudsql|azure|pgbouncer$)'
       AND has_database_privilege(r.oid, current_database(), 'CONNECT')
       AND NOT EXISTS (
         SELECT FROM pg_db_role_setting AS s CROSS JOIN LATERAL unnest(s.setconfig) AS c
          WHERE s.setrole IN (r.oid, 0) AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            AND split_part(c, '=', 1) = n.name AND split_part(c, '=', 2) !~ '^0')
       AND (r.rolname = current_user OR (SELECT reset_val FROM pg_settings WHERE name = n.name) = '0')
     GROUP BY r.rolname`,
}
