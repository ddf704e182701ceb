/** Roles that an HTTP API in front of the database takes for its callers; where there are none, nothing is exposed. */
export const API_ROLES = `api_roles AS (
  SELECT oid, rolname::text FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'web_anon'))`

/** Whether policies let a role of `api_roles` (`g`) do a command on a table (`t`): `'r'`, `'a'`, `'w'` or `'d'`. */
export function letsThrough(command: 'r' | 'a' | 'w' | 'd'): string {
  return `(NOT t.relrowsecurity OR EXISTS (
    SELECT FROM pg_policy AS p WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd IN ('*', '${command}')
       AND (0 = ANY (p.polroles) OR g.oid = ANY (p.polroles))))`
}

/** The policy holds for somebody whom policies bind at all: not only for roles that go around them. */
export const BINDS_SOMEBODY = `(0 = ANY (p.polroles) OR EXISTS (
  SELECT FROM pg_roles AS r WHERE r.oid = ANY (p.polroles) AND NOT r.rolsuper AND NOT r.rolbypassrls))`
