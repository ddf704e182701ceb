import type { Check, Problem, Row } from '../check.js'

/**
 * Counters of the database as a whole; a broken checksum is an error, whatever its number. Deadlocks and temporary
 * files are counted by the day, because the counters may be years old.
 */
export const databaseTroubles: Check = {
  id: 'P05',
  name: 'temp_deadlocks_rollbacks_checksums',
  title: 'The counters of the database show trouble',
  severity: 'warning',
  category: 'performance',
  explain:
    'Temporary files mean sorts and hashes that did not fit into work_mem. Deadlocks mean sessions that lock the same rows in different orders. Many rollbacks mean errors that somebody sees. A page with a wrong checksum means that the disk lost data: take a backup aside and find the table with pg_amcheck.',
  query: `
    SELECT temp_files::text, temp_bytes::text, deadlocks::text, xact_commit::text, xact_rollback::text, coalesce(checksum_failures, 0)::text AS checksum_failures,
           greatest(extract(epoch FROM clock_timestamp() - coalesce(stats_reset, pg_postmaster_start_time())) / 86400, 1)::text AS days
      FROM pg_stat_database WHERE datname = current_database()`,
  judge: rows =>
    rows.flatMap(row => [...checksums(row), ...spills(row), ...deadlocks(row), ...rollbacks(row)]),
}

function checksums({ checksum_failures }: Row): Problem[] {
  if (Number(checksum_failures) === 0) return []
  const fix = '-- pg_amcheck --all, then restore what is broken from a backup'
  return [
    {
      object: 'database: checksums',
      evidence: `${checksum_failures} pages with a wrong checksum`,
      fix,
      severity: 'error',
    },
  ]
}

function spills({ temp_bytes, temp_files, days }: Row): Problem[] {
  const perDay = Number(temp_bytes) / Number(days)
  if (perDay < 10 * 2 ** 30) return []
  const evidence = `${(perDay / 2 ** 30).toFixed(1)} GiB of temporary files a day, ${temp_files} files in all`
  return [
    {
      object: 'database: temporary files',
      evidence,
      fix: "ALTER SYSTEM SET log_temp_files = '10MB'; -- to see which queries; then work_mem for those",
    },
  ]
}

function deadlocks({ deadlocks, days }: Row): Problem[] {
  if (Number(deadlocks) < 10 || Number(deadlocks) / Number(days) < 5) return []
  return [
    {
      object: 'database: deadlocks',
      evidence: `${deadlocks} deadlocks in ${Number(days).toFixed(0)} days`,
      fix: 'ALTER SYSTEM SET log_lock_waits = on; -- to see who; then lock rows in one order everywhere',
    },
  ]
}

function rollbacks({ xact_commit, xact_rollback }: Row): Problem[] {
  const all = Number(xact_commit) + Number(xact_rollback)
  const share = Number(xact_rollback) / all
  if (all < 10_000 || share < 0.1) return []
  return [
    {
      object: 'database: rollbacks',
      evidence: `${(100 * share).toFixed(0)} % of ${all} transactions were rolled back`,
      fix: "ALTER SYSTEM SET log_min_error_statement = 'error'; -- to see the statements that fail",
    },
  ]
}
