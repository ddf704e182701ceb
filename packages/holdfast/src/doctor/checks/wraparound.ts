import type { Check, Problem, Row } from '../check.js'

/**
 * The server stops taking writes at 2^31 minus three million. Databases that nobody can connect to are vacuumed by
 * the server alone, and left out.
 */
export const wraparound: Check = {
  id: 'O01',
  name: 'wraparound',
  title: 'Transaction ids are running out',
  severity: 'error',
  category: 'operations',
  explain:
    'Ids are reused after 2 billion transactions, so old rows must be frozen before. Autovacuum does that unless something keeps it from it; at the end the server refuses every write to protect the data.',
  query: `
    SELECT datname::text, age(datfrozenxid)::text AS xids, mxid_age(datminmxid)::text AS mxids FROM pg_database WHERE datallowconn`,
  judge: rows => rows.flatMap(aged),
}

function aged({ datname, xids, mxids }: Row): Problem[] {
  const oldest = Math.max(Number(xids), Number(mxids))
  if (oldest < 500_000_000) return []
  return [
    {
      object: `database ${datname}`,
      evidence: `${xids} transaction ids and ${mxids} multixact ids of 2,147,483,647 are in use`,
      fix: '-- find what holds the horizon (O02), then in that database: VACUUM (FREEZE, VERBOSE);',
      ...(oldest < 1_000_000_000 ? { severity: 'warning' as const } : {}),
    },
  ]
}
