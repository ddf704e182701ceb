import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Kept is what does most: the primary key, then what is unique, then what carries a constraint. A difference in
 * operator class, collation, direction or WHERE makes another index of it.
 */
export const duplicateIndex: Check = {
  id: 'X03',
  name: 'duplicate_index',
  title: 'Two indexes are the same',
  severity: 'warning',
  category: 'indexes',
  explain:
    'The second one is written at every change and kept in memory, and answers nothing that the first does not.',
  query: `${catalogue('indexes')},
    ranked AS (
      SELECT i.*, k.conname, first_value(i.name) OVER same AS kept, row_number() OVER same AS position
        FROM indexes AS i LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
       WHERE i.indisvalid
      WINDOW same AS (PARTITION BY i.indrelid, i.amname, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
                        i.indnkeyatts, coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), coalesce(i.predicate, ''),
                        CASE WHEN i.indisunique THEN coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') ELSE 'false' END, i.indisexclusion
                      ORDER BY i.indisprimary DESC, i.indisunique DESC, i.indisreplident DESC, k.conname IS NOT NULL DESC, i.index_name))
    SELECT name AS object, 'the same as ' || kept AS evidence,
           CASE WHEN conname IS NOT NULL THEN format('ALTER TABLE %s DROP CONSTRAINT %I;', table_name, conname)
                ELSE format('DROP INDEX CONCURRENTLY %s;', name) END AS fix
      FROM ranked WHERE position > 1`,
}
