import type { Check } from '../check.js'

/**
 * Of this database only. Poolers can set one for all their sessions, which tells as little as none.
 */
export const noApplicationName: Check = {
  id: 'L05',
  name: 'no_application_name',
  title: 'Sessions do not say which program they are',
  severity: 'info',
  category: 'pooling',
  explain:
    'With a name, pg_stat_activity and the log tell whose query is slow or whose transaction is open. application_name in the connection string is enough.',
  query: `
    SELECT 'role ' || quote_ident(coalesce(usename, '?')) AS object, count(*) || ' sessions without application_name' AS evidence,
           '-- application_name=... in the connection string' AS fix
      FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid() AND application_name = ''
     GROUP BY usename`,
}
