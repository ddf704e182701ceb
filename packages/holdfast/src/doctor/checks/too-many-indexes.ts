import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Each index is written at every insert, and at every update that changes a column of any of them. The index of the
 * primary key counts too.
 */
export const tooManyIndexes: Check = {
  id: 'X11',
  name: 'too_many_indexes',
  title: 'A table has more than ten indexes',
  severity: 'info',
  category: 'indexes',
  explain:
    'Every insert writes all of them, and planning a query weighs all of them. Look at unused, duplicate and redundant ones first.',
  query: `${catalogue('indexes')}
    SELECT i.table_name AS object, count(*) || ' indexes' AS evidence,
           format('-- SELECT indexrelid::regclass, idx_scan, pg_size_pretty(pg_relation_size(indexrelid)) FROM pg_stat_all_indexes WHERE relid = %L::regclass ORDER BY idx_scan;', i.table_name) AS fix
      FROM indexes AS i GROUP BY i.table_name HAVING count(*) > 10`,
}
