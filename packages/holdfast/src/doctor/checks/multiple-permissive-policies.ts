import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Counted for each command and role that two policies name both, or that one of them leaves open. Restrictive
 * policies are joined by AND, and are meant to be several.
 */
export const multiplePermissivePolicies: Check = {
  id: 'S09',
  name: 'multiple_permissive',
  title: 'Several policies let the same role do the same',
  severity: 'warning',
  category: 'security',
  explain:
    'Permissive policies are joined by OR: all of them are computed for each row, and the loosest decides. One policy with one condition is faster, and can be read.',
  query: `${catalogue('policies')},
    each AS (
      SELECT p.table_name, p.quoted, command, role
        FROM policies AS p
       CROSS JOIN LATERAL unnest(CASE p.polcmd WHEN '*' THEN ARRAY['r', 'a', 'w', 'd'] ELSE ARRAY[p.polcmd::text] END) AS command
       CROSS JOIN LATERAL unnest(p.polroles) AS role
       WHERE p.polpermissive)
    SELECT table_name || ' ' || command_name || ' ' || CASE role WHEN 0 THEN 'public' ELSE role::regrole::text END AS object,
           string_agg(quoted, ', ' ORDER BY quoted) AS evidence,
           format('-- join them by OR in one policy, then DROP POLICY ... ON %s;', table_name) AS fix
      FROM each CROSS JOIN LATERAL (SELECT CASE command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END AS command_name) AS c
     GROUP BY table_name, command_name, role HAVING count(*) > 1`,
}
