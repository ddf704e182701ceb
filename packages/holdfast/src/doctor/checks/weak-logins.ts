import type { Check } from '../check.js'

/**
 * Hashes are readable by a superuser alone, so that part is asked only by one. Tools that administrators use are
 * known by their names and left out.
 */
export const weakLogins: Check = {
  id: 'S22',
  name: 'superuser_app_and_md5',
  title: 'A login has too many rights, or a weak password hash',
  severity: 'warning',
  category: 'security',
  explain:
    'A superuser can read and write files of the server and run programs there: one SQL injection in an application with that login takes the machine. MD5 hashes of passwords are as good as the passwords.',
  query: ({ superuser }) => `
    SELECT 'role ' || quote_ident(a.usename) AS object, count(*) || ' sessions of a superuser from a program' AS evidence,
           'CREATE ROLE app LOGIN; -- with the rights that it needs, for the program' AS fix
      FROM pg_stat_activity AS a JOIN pg_roles AS r ON r.oid = a.usesysid AND r.rolsuper
     WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND a.client_addr IS NOT NULL AND a.datname = current_database()
       AND a.application_name !~* '^(psql|pgadmin|dbeaver|datagrip|pg_dump|pg_restore|holdfast doctor)'
     GROUP BY a.usename
    UNION ALL
    SELECT 'password_encryption', 'new passwords are hashed with md5', 'ALTER SYSTEM SET password_encryption = ''scram-sha-256'';'
      FROM pg_settings WHERE name = 'password_encryption' AND setting = 'md5'
    ${superuser ? MD5_HASHES : ''}`,
}

const MD5_HASHES = `
    UNION ALL
    SELECT 'role ' || quote_ident(rolname), 'its password is stored as an md5 hash',
           format('-- \\password %I in psql, with password_encryption = scram-sha-256', rolname)
      FROM pg_authid WHERE rolcanlogin AND rolpassword ~ '^md5'`
