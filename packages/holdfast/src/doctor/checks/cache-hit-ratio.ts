import type { Check, Problem, Row } from '../check.js'

/** Reads below this many say nothing: a new database reads everything once. */
const ENOUGH_READS = 100_000

/** Only what PostgreSQL itself finds in memory: the operating system's cache is behind it. */
export const cacheHitRatio: Check = {
  id: 'P01',
  name: 'cache_hit',
  title: 'Too much is read from outside of PostgreSQL’s memory',
  severity: 'info',
  category: 'performance',
  usage: true,
  explain:
    'Below 99 % the pages that are in use do not fit into shared_buffers. Look for scans of whole tables first; then give it memory.',
  query: `
    SELECT 'tables' AS kind, sum(heap_blks_hit)::text AS hit, sum(heap_blks_read)::text AS read FROM pg_statio_user_tables
    UNION ALL
    SELECT 'indexes', sum(idx_blks_hit)::text, sum(idx_blks_read)::text FROM pg_statio_user_indexes`,
  judge: rows => rows.flatMap(lowRatio),
}

function lowRatio({ kind, hit, read }: Row): Problem[] {
  const all = Number(hit) + Number(read)
  const ratio = Number(hit) / all
  if (all < ENOUGH_READS || ratio >= 0.99) return []
  return [
    {
      object: `database: ${kind}`,
      evidence: `${(100 * ratio).toFixed(1)} % of ${all} page reads were answered from memory`,
      fix: "-- ALTER SYSTEM SET shared_buffers = '...'; a quarter of the memory is usual; needs a restart",
    },
  ]
}
