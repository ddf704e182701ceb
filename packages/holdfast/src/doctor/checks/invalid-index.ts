import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * One that is being built at this moment is not valid yet, and no trouble. What REINDEX CONCURRENTLY left behind is
 * known by its name, and is to be dropped.
 */
export const invalidIndex: Check = {
  id: 'X02',
  name: 'invalid_index',
  title: 'An index is not valid',
  severity: 'error',
  category: 'indexes',
  explain:
    'A concurrent build that failed leaves the index behind: no query uses it, every write keeps it up, and a unique one promises what it never checked. CREATE INDEX ... IF NOT EXISTS then skips it silently.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object,
           CASE WHEN i.indisready THEN 'not valid' ELSE 'not valid, and not kept up to date' END
             || CASE WHEN i.indisunique THEN '; unique, but rows from before may be there twice' ELSE '' END AS evidence,
           CASE WHEN i.relkind = 'I' THEN format('-- partitions lack their part of it: create it on each, then ALTER INDEX %s ATTACH PARTITION ...;', i.name)
                WHEN i.index_name ~ '_cc(new|old)[0-9]*$' THEN format('DROP INDEX CONCURRENTLY %s; -- left over by REINDEX CONCURRENTLY', i.name)
                ELSE format('REINDEX INDEX CONCURRENTLY %1$s; -- or DROP INDEX CONCURRENTLY %1$s;', i.name) END AS fix
      FROM indexes AS i
     WHERE NOT (i.indisvalid AND i.indisready)
       AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)`,
}
