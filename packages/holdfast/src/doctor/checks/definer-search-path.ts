import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Functions with a body that the server parsed at creation look nothing up at run time. Functions with the rights
 * of their caller are left out: the caller can only trick itself.
 */
export const definerSearchPath: Check = {
  id: 'S13',
  name: 'definer_function_mutable_search_path',
  title: 'A function with the rights of its owner looks names up where the caller says',
  severity: 'warning',
  category: 'security',
  explain:
    'A SECURITY DEFINER function without a fixed search_path uses that of the caller: a table or operator of the same name in a schema of the caller, and it runs the code of the caller with the rights of the owner.',
  query: `${catalogue('functions')}
    SELECT f.name AS object, 'SECURITY DEFINER without SET search_path' AS evidence,
           format('ALTER FUNCTION %s SET search_path = ''''; -- and schema-qualify the names in it', f.name) AS fix
      FROM functions AS f
     WHERE f.prosecdef AND (to_jsonb(f) ->> 'prosqlbody') IS NULL
       AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS setting WHERE setting LIKE 'search_path=%')`,
}
