import { BINDS_SOMEBODY } from '../api-roles.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Reading may be open to all; for roles that go around policies anyway it makes no difference. The server writes
 * conditions in one way only, so a comparison of texts is enough.
 */
export const policyAlwaysTrue: Check = {
  id: 'S05',
  name: 'policy_always_true',
  title: 'A policy lets everybody write every row',
  severity: 'error',
  category: 'security',
  explain:
    'A condition that is always true is no condition: whoever has the right on the table may change, delete or forge rows of others. Compare with the identity of the caller.',
  query: `${catalogue('policies')}
    SELECT p.name AS object,
           format('%s: %s', CASE p.polcmd WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                  concat_ws(' ', 'USING (' || p.using_text || ')', 'WITH CHECK (' || p.check_text || ')')) AS evidence,
           format(CASE p.polcmd WHEN 'a' THEN 'ALTER POLICY %s ON %s WITH CHECK ((SELECT auth.uid()) = user_id); -- for example'
                                ELSE 'ALTER POLICY %s ON %s USING ((SELECT auth.uid()) = user_id); -- for example' END, p.quoted, p.table_name) AS fix
      FROM policies AS p
     WHERE p.polpermissive AND ${BINDS_SOMEBODY}
       AND ((p.polcmd IN ('w', 'd', '*') AND p.using_text IN ('true', '(true)', '(1 = 1)'))
         OR (p.polcmd IN ('a', 'w', '*') AND p.check_text IN ('true', '(true)', '(1 = 1)')))`,
}
