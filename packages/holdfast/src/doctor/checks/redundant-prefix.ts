import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Only where order, operators and collations agree too: an index in the other direction may be wanted. Unique
 * indexes enforce something, and an index with INCLUDE answers more, so both are kept.
 */
export const redundantPrefix: Check = {
  id: 'X04',
  name: 'redundant_prefix',
  title: 'An index is the beginning of another one',
  severity: 'warning',
  category: 'indexes',
  explain:
    'Whatever looks for (a) is answered by an index on (a, b) as well. Keep the short one only if it is much smaller and read very often.',
  query: `${catalogue('indexes')},
    plain AS (SELECT i.*, cardinality(i.keys) AS n, string_to_array(i.indclass::text, ' ') AS classes,
                     string_to_array(i.indcollation::text, ' ') AS collations, string_to_array(i.indoption::text, ' ') AS directions
                FROM indexes AS i WHERE i.amname = 'btree' AND i.indexprs IS NULL AND i.indisvalid)
    SELECT a.name AS object, 'the beginning of ' || min(b.name) AS evidence, format('DROP INDEX CONCURRENTLY %s;', a.name) AS fix
      FROM plain AS a
      JOIN plain AS b ON b.indrelid = a.indrelid AND b.n > a.n AND b.keys[1:a.n] = a.keys AND b.classes[1:a.n] = a.classes
       AND b.collations[1:a.n] = a.collations AND b.directions[1:a.n] = a.directions
       AND coalesce(a.predicate, '') = coalesce(b.predicate, '')
     WHERE NOT a.indisunique AND a.indnatts = a.indnkeyatts
     GROUP BY a.name`,
}
