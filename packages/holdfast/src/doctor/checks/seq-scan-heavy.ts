import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Small tables are read whole because that is fastest. Reports that read everything once a day stay below the fifty
 * scans.
 */
export const seqScanHeavy: Check = {
  id: 'X06',
  name: 'seq_scan_heavy',
  title: 'A big table is mostly read from one end to the other',
  severity: 'warning',
  category: 'indexes',
  usage: true,
  explain:
    'Some frequent query finds no index that helps. EXPLAIN it, and try an index in a session of your own with hypopg before building it.',
  query: `${catalogue('tables')}
    SELECT t.name AS object,
           format('%s full scans of %s rows each, %s index scans', s.seq_scan, s.seq_tup_read / s.seq_scan, coalesce(s.idx_scan, 0)) AS evidence,
           format('-- SELECT calls, mean_exec_time, query FROM pg_stat_statements WHERE query ILIKE %L ORDER BY total_exec_time DESC LIMIT 5;', '%' || t.relname || '%') AS fix
      FROM tables AS t JOIN pg_stat_all_tables AS s ON s.relid = t.oid
     WHERE s.n_live_tup > 10000 AND s.seq_scan > 50 AND s.seq_scan > coalesce(s.idx_scan, 0)`,
}
