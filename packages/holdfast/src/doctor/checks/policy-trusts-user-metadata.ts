import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Both spellings: that of the claim and that of the column in auth.users. Both in USING and in WITH CHECK.
 */
export const policyTrustsUserMetadata: Check = {
  id: 'S07',
  name: 'policy_trusts_user_metadata',
  title: 'A policy believes what users write about themselves',
  severity: 'error',
  category: 'security',
  explain:
    'user_metadata can be changed by its user with one call: whoever writes "role": "admin" there is one. Keep roles in app_metadata, or in a table.',
  query: `${catalogue('policies')}
    SELECT p.name AS object, p.condition AS evidence,
           format('-- read app_metadata instead: ALTER POLICY %s ON %s USING (...);', p.quoted, p.table_name) AS fix
      FROM policies AS p WHERE p.condition ~ '(user_metadata|raw_user_meta_data)'`,
}
