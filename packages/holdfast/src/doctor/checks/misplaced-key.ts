import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/** A primary key after the time is no filter but the tie-breaker of keyset paging, and belongs there. */
export const misplacedKey: Check = {
  id: 'X17',
  name: 'timestamp_in_the_middle',
  title: 'An index has its columns in a poor order, or a WHERE that says nothing',
  severity: 'info',
  category: 'indexes',
  explain:
    'Times are asked for in ranges, and after a range the columns that follow do not narrow the search: put what is compared with = first. WHERE c IS NOT NULL on a column that is never null only hides the index from queries that do not repeat it.',
  query: `${catalogue('indexes')},
    pairs AS MATERIALIZED (
      SELECT i.name, i.indexrelid, i.indrelid, i.keys[place] AS first, i.keys[place + 1] AS second
        FROM indexes AS i CROSS JOIN LATERAL generate_subscripts(i.keys, 1) AS place
       WHERE i.amname = 'btree' AND NOT i.indisunique AND place < cardinality(i.keys))
    SELECT i.name AS object, format('%I, a time, stands before %I', a.attname, b.attname) AS evidence,
           format('-- %s: compare with = first, ranges last', pg_get_indexdef(i.indexrelid)) AS fix
      FROM pairs AS i
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.first
      JOIN pg_attribute AS b ON b.attrelid = i.indrelid AND b.attnum = i.second
     WHERE a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
       AND b.atttypid NOT IN ('timestamptz'::regtype, 'timestamp'::regtype)
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = i.indrelid AND k.contype = 'p' AND b.attnum = ANY (k.conkey))
    UNION ALL
    SELECT i.name, format('WHERE %s, and %I is never null', i.predicate, a.attname),
           format('-- build it again without the WHERE: %s', pg_get_indexdef(i.indexrelid))
      FROM indexes AS i
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnotnull AND i.predicate = format('(%I IS NOT NULL)', a.attname)`,
}
