import { quoteIdentifier } from '../../sql/identifier.js'
import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Constants are gone from recorded texts, so only patterns that begin in the text with a wildcard are certain. A
 * table of fewer than a thousand rows is read faster than any index.
 */
export const ilikeWithoutTrigrams: Check = {
  id: 'X18',
  name: 'ilike_without_trgm',
  title: 'A frequent search in the middle of texts has no index',
  severity: 'warning',
  category: 'indexes',
  explain:
    "LIKE '%word%' cannot use a btree and reads the whole table. A GIN index of trigrams serves it, and ILIKE too, from three letters on.",
  skip: ({ extensions }) =>
    extensions.has('pg_stat_statements') ? undefined : 'the extension pg_stat_statements is not installed',
  query: ({ extensions }) => `${catalogue('indexes')},
    searches AS (
      SELECT lower(query) AS query, calls, mean_exec_time
        FROM ${quoteIdentifier(extensions.get('pg_stat_statements') ?? 'public')}.pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND calls >= 10
         AND query ~* '^\\s*(select|with)' AND query ~* '(\\milike\\M|\\mlike\\M\\s*\\(?(concat\\s*\\(\\s*)?(''%|\\$[0-9]+\\s*\\|\\|))')
    SELECT t.name AS object, format('%s calls of %s ms: %s', s.calls, round(s.mean_exec_time::numeric, 1), left(regexp_replace(s.query, '\\s+', ' ', 'g'), 200)) AS evidence,
           format(E'CREATE EXTENSION IF NOT EXISTS pg_trgm;\\n-- CREATE INDEX CONCURRENTLY ON %s USING gin (the column gin_trgm_ops);', t.name) AS fix
      FROM relations AS t
      JOIN LATERAL (SELECT * FROM searches WHERE query ~ ('\\m' || lower(t.relname) || '\\M') ORDER BY calls * mean_exec_time DESC LIMIT 1) AS s ON true
     WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.reltuples > 1000 AND t.relname ~ '^[a-z0-9_]+$'
       AND NOT EXISTS (SELECT FROM indexes AS i JOIN pg_opclass AS o ON o.oid = ANY (string_to_array(i.indclass::text, ' ')::oid[])
                        WHERE i.indrelid = t.oid AND o.opcname IN ('gin_trgm_ops', 'gist_trgm_ops'))`,
}
