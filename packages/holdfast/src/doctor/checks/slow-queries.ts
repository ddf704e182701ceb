import { quoteIdentifier } from '../../sql/identifier.js'
import type { Check, Problem } from '../check.js'
import { everyRow } from '../check.js'
import type { Facts } from '../facts.js'

/**
 * Slow is what takes a second on average and was called often enough to matter. Texts are shown without constants,
 * as the extension keeps them.
 */
export const slowQueries: Check = {
  id: 'P08',
  name: 'slow_queries',
  title: 'Nobody knows which queries are slow, or some are',
  severity: 'warning',
  category: 'performance',
  explain:
    'Without pg_stat_statements the time that the server spends has no names. With it, start at the top: the query with the greatest total.',
  query: ({ extensions }) => {
    const schema = extensions.get('pg_stat_statements')
    return schema === undefined ? 'SELECT WHERE false' : slowIn(quoteIdentifier(schema))
  },
  judge: (rows, facts) => (facts.extensions.has('pg_stat_statements') ? everyRow(rows) : [missing(facts)]),
}

function slowIn(schema: string): string {
  return `
    SELECT 'query ' || queryid AS object,
           format('%s calls of %s ms: %s', calls, round(mean_exec_time::numeric), left(regexp_replace(query, '\\s+', ' ', 'g'), 200)) AS evidence,
           '-- EXPLAIN (ANALYZE, BUFFERS) it with real values' AS fix
      FROM ${schema}.pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND mean_exec_time >= 1000 AND calls >= 20 AND queryid IS NOT NULL
     ORDER BY total_exec_time DESC LIMIT 10`
}

function missing({ database }: Facts): Problem {
  return {
    object: `database ${database}`,
    evidence: 'the extension pg_stat_statements is not installed',
    fix: "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'; -- keep what stands there; needs a restart\nCREATE EXTENSION pg_stat_statements;",
  }
}
