import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Often meant: only the owner, or a role that goes around policies, uses the table. Whoever wants it closed says so
 * by --ignore, or by taking the rights away.
 */
export const rlsWithoutPolicy: Check = {
  id: 'S03',
  name: 'rls_on_no_policy',
  title: 'A table shows no row to anybody but its owner',
  severity: 'info',
  category: 'security',
  explain:
    'Row-level security without a policy denies everything. That is the right state of a table for the backend alone, and a puzzle where somebody expects rows.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, 'row-level security is on, without any policy' AS evidence,
           format('-- CREATE POLICY ... ON %s FOR SELECT TO ... USING (...); -- or leave it closed', t.name) AS fix
      FROM tables AS t
     WHERE t.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = t.oid)`,
}
