import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Told by the name, a length of 36, or a default that makes one; ids that merely are text may be anybody's.
 * varchar(36) under the name of an id holds a UUID in all likelihood.
 */
export const uuidAsText: Check = {
  id: 'I11',
  name: 'uuid_as_text',
  title: 'A UUID is stored as text',
  severity: 'warning',
  category: 'integrity',
  explain:
    'As text a UUID takes 37 bytes instead of 16, in every index too, and the same one in upper case is another one. Anything else can be stored in the column as well.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, c.type || coalesce(' DEFAULT ' || c.default_value, '') AS evidence,
           format(E'-- rewrites the table, as must everything that refers to it\\nALTER TABLE %s ALTER COLUMN %s TYPE uuid USING %s::uuid;', c.table_name, c.quoted, c.quoted) AS fix
      FROM columns AS c
     WHERE c.typname IN ('text', 'varchar', 'bpchar')
       AND (c.column_name ~* '(^|_)(uuid|guid)$' OR c.default_value ~ '(gen_random_uuid|uuid_generate_v|uuidv[47])'
            OR (c.atttypmod = 40 AND c.column_name ~ '(^|_)id$'))`,
}
