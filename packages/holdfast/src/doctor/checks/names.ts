import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * A name of 63 bytes was probably longer once: PostgreSQL cuts without a word. Names of columns in views follow
 * those of the tables, so only tables' columns are looked at.
 */
export const awkwardName: Check = {
  id: 'I23',
  name: 'names',
  title: 'A name needs quotes, or was cut',
  severity: 'info',
  category: 'integrity',
  explain:
    'Names with upper-case letters, blanks or the spelling of a keyword must be quoted in every statement, by every tool. A name of exactly 63 bytes has reached the limit, where PostgreSQL cuts: two long names can become one.',
  query: `${catalogue('relations', 'columns')},
    names AS (
      SELECT r.name AS object, r.relname::text AS name, format('-- ALTER TABLE %s RENAME TO ...; and keep a view of the old name while programs use it', r.name) AS fix
        FROM relations AS r WHERE r.relkind IN ('r', 'p', 'v', 'm') AND NOT r.relispartition
      UNION ALL
      SELECT c.name, c.column_name, format('-- ALTER TABLE %s RENAME COLUMN %s TO ...;', c.table_name, c.quoted) FROM columns AS c)
    SELECT object, CASE WHEN octet_length(name) >= 63 THEN '63 bytes long' WHEN name ~ '^[a-z_][a-z0-9_]*$' THEN 'a keyword' ELSE 'needs quotes' END AS evidence, fix
      FROM names WHERE octet_length(name) >= 63 OR quote_ident(name) <> name`,
}
