import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Policies can be written before they are switched on, and then forgotten. One finding for each table, however many
 * policies it has.
 */
export const policyButRlsOff: Check = {
  id: 'S02',
  name: 'policy_but_rls_off',
  title: 'Policies exist and are not in force',
  severity: 'error',
  category: 'security',
  explain:
    'CREATE POLICY does nothing before ALTER TABLE ... ENABLE ROW LEVEL SECURITY. Whoever reads the schema believes that the rows are guarded.',
  query: `${catalogue('policies')}
    SELECT p.table_name AS object, 'row-level security is off; policies: ' || string_agg(p.quoted, ', ' ORDER BY p.quoted) AS evidence,
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', p.table_name) AS fix
      FROM policies AS p WHERE NOT p.relrowsecurity GROUP BY p.table_name`,
}
