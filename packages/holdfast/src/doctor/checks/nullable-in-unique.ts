import { catalogue, keyColumns } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * One nullable column alone is usual: many rows without a value, each value once. Where a CHECK says when it is null, or
 * another unique index holds for the rows in which it is, somebody has thought of it.
 */
export const nullableInUnique: Check = {
  id: 'I18',
  name: 'nullable_in_unique',
  title: 'A unique index lets the same row in twice where a column is null',
  severity: 'warning',
  category: 'integrity',
  explain:
    'Two nulls are not equal to an index, so (7, null) is accepted any number of times. NULLS NOT DISTINCT (PostgreSQL 15) or NOT NULL closes the gap; a partial index says it where the gap is meant.',
  query: `${catalogue('indexes')}
    SELECT i.name AS object,
           'may be null: ' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS evidence,
           format(E'-- NOT NULL where a value is always there; else, from PostgreSQL 15 on:\\nCREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s) NULLS NOT DISTINCT; -- then drop %s',
                  left(i.index_name, 50) || '_no_nulls', i.table_name, ${keyColumns('i.indrelid', 'i.keys')}, i.name) AS fix
      FROM indexes AS i
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.keys) AND NOT a.attnotnull
     WHERE i.indisunique AND NOT i.indisprimary AND i.indnkeyatts > 1 AND i.predicate IS NULL AND i.indexprs IS NULL
       AND coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false'
       AND NOT EXISTS (SELECT FROM indexes AS j WHERE j.indrelid = i.indrelid AND j.indisunique AND strpos(j.predicate, quote_ident(a.attname) || ' IS NULL') > 0)
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = i.indrelid AND k.contype = 'c'
             AND (strpos(pg_get_constraintdef(k.oid), quote_ident(a.attname) || ' IS NULL') > 0
               OR strpos(pg_get_constraintdef(k.oid), quote_ident(a.attname) || ' IS NOT NULL') > 0))
     GROUP BY i.name, i.index_name, i.table_name, i.indrelid, i.keys`,
}
