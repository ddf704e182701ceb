import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Not unique ones, which do their work at writing, and not those of foreign keys, which work at deleting. Empty
 * tables are left out: nobody had a reason to read.
 */
export const unusedIndex: Check = {
  id: 'X05',
  name: 'unused_index',
  title: 'An index is never read',
  severity: 'info',
  category: 'indexes',
  usage: true,
  explain:
    'It costs every write, and memory. Each server counts for itself: look at the replicas too, and think of reports that run once a month, before dropping it.',
  query: `${catalogue('foreign_keys', 'indexes')}
    SELECT i.name AS object, 'never read, ' || pg_size_pretty(pg_relation_size(i.indexrelid)) AS evidence,
           format('DROP INDEX CONCURRENTLY %s; -- after asking every replica', i.name) AS fix
      FROM indexes AS i JOIN pg_stat_all_indexes AS s ON s.indexrelid = i.indexrelid
     WHERE s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.relkind = 'i' AND i.table_rows > 0
       AND NOT EXISTS (SELECT FROM foreign_keys AS f WHERE f.conrelid = i.indrelid AND f.conkey[1] = i.keys[1])`,
}
