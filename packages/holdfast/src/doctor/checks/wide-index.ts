import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Unique indexes are as wide as their rule. Columns in INCLUDE are not keys, and not counted.
 */
export const wideIndex: Check = {
  id: 'X10',
  name: 'wide_index',
  title: 'An index has more than three columns',
  severity: 'info',
  category: 'indexes',
  explain:
    'Columns after the first range or sort do not narrow the search any more; they make the index big and updates expensive. INCLUDE carries a column that is only read along.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object, i.indnkeyatts || ' columns' AS evidence,
           format('-- put columns compared with = first, one range or sort last, the rest into INCLUDE: %s', pg_get_indexdef(i.indexrelid)) AS fix
      FROM indexes AS i WHERE i.indnkeyatts > 3 AND NOT i.indisunique AND i.amname = 'btree'`,
}
