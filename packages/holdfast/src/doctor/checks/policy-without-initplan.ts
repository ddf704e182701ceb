import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * What stands in a subquery is taken away first; what is left is called for each row. Functions of one's own that
 * ask the same inside are not seen through.
 */
export const policyWithoutInitplan: Check = {
  id: 'S08',
  name: 'rls_initplan',
  title: 'A policy asks who the caller is, for every row',
  severity: 'warning',
  category: 'security',
  explain:
    'A bare auth.uid() or current_setting() is called once for each row of the table. In a subquery, (select auth.uid()), it is called once for each query: ten to a thousand times faster on large tables.',
  query: `${catalogue('policies')}
    SELECT p.name AS object, p.condition AS evidence,
           format('-- ALTER POLICY %s ON %s USING ((SELECT auth.uid()) = ...); -- each call in (SELECT ...)', p.quoted, p.table_name) AS fix
      FROM policies AS p
     WHERE regexp_replace(p.condition, '\\( *SELECT \\(*(auth\\.\\w+\\(\\)|current_setting\\([^)]*\\))', '', 'gi') ~* '(\\mauth\\.(uid|jwt|role|email)\\(\\)|\\mcurrent_setting\\()'`,
}
