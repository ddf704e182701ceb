import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The server itself writes a cast behind every varchar, which costs nothing. Casts of enums to text are left out:
 * no index on them is lost that would help.
 */
export const policyCastsColumn: Check = {
  id: 'S10',
  name: 'policy_casts_column',
  title: 'A policy converts a column, so that no index helps',
  severity: 'warning',
  category: 'security',
  explain:
    'user_id::text = ... cannot use an index on user_id. Convert the other side, once: (select auth.uid()) = user_id, or (claim)::uuid = user_id.',
  query: `${catalogue('policies', 'columns')}
    SELECT DISTINCT p.name || ' ' || c.quoted AS object, p.condition AS evidence,
           format('-- cast the claim instead of the column: ALTER POLICY %s ON %s USING (%s = (SELECT ...)::%s);', p.quoted, p.table_name, c.quoted, c.type) AS fix
      FROM policies AS p
     CROSS JOIN LATERAL regexp_matches(p.condition, '\\((\\w+)\\)::text', 'g') AS found
      JOIN columns AS c ON c.relid = p.polrelid AND c.column_name = found[1]
     WHERE c.typname NOT IN ('text', 'varchar', 'bpchar', 'name') AND c.typcategory <> 'E'`,
}
