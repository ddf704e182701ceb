import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/** 0 among the roles is PUBLIC. Who lets everybody read everything means everybody. */
export const policyToPublic: Check = {
  id: 'S06',
  name: 'policy_to_public',
  title: 'A policy is for every role',
  severity: 'warning',
  category: 'security',
  explain:
    'Without TO a policy holds for all roles, those that come later too, and its condition is computed for callers who are never let through. Name the roles that it is meant for.',
  query: `${catalogue('policies')}
    SELECT p.name AS object, 'TO public' AS evidence, format('ALTER POLICY %s ON %s TO authenticated; -- the role it is meant for', p.quoted, p.table_name) AS fix
      FROM policies AS p WHERE p.polroles = '{0}' AND p.polpermissive AND NOT (p.polcmd = 'r' AND p.using_text = 'true')`,
}
