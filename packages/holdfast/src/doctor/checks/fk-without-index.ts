import { catalogue, keyColumns } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The columns may lead the index in any order; a partial index serves when it leaves out nothing but nulls. Invalid
 * indexes do not count: no query uses them.
 */
export const fkWithoutIndex: Check = {
  id: 'X01',
  name: 'fk_without_index',
  title: 'A foreign key has no index',
  severity: 'warning',
  category: 'indexes',
  explain:
    'Every delete of a referred row, and every update of its key, reads the whole referring table, and joins from the parent do so too. It may be left where the parent never loses rows and nobody joins that way.',
  query: `${catalogue('foreign_keys', 'indexes')}
    SELECT f.name AS object,
           format('no index of %s begins with (%s)', f.table_name, ${keyColumns('f.conrelid', 'f.conkey')}) AS evidence,
           format('CREATE INDEX CONCURRENTLY %I ON %s (%s);', left('idx_' || f.short_name || '_' || regexp_replace(f.conname, '^fk_?', ''), 60),
                  f.table_name, ${keyColumns('f.conrelid', 'f.conkey')})
             || CASE WHEN (SELECT relkind FROM pg_class WHERE oid = f.conrelid) = 'p' THEN ' -- a partitioned table: on each partition, then ATTACH' ELSE '' END AS fix
      FROM foreign_keys AS f
     WHERE NOT EXISTS (
       SELECT FROM indexes AS i
        WHERE i.indrelid = f.conrelid AND i.indisvalid AND i.keys[1:cardinality(f.conkey)] @> f.conkey
          AND (i.predicate IS NULL OR i.predicate ~ '^\\(?("[^"]+"|\\w+) IS NOT NULL\\)?$'))`,
}
