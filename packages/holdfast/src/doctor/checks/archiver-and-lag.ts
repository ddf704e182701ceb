import type { Check } from '../check.js'

/**
 * Lag in bytes and in time: an idle primary has the one and not the other. A gigabyte and a minute behind: less
 * than that is a busy moment.
 */
export const archiverAndLag: Check = {
  id: 'O08',
  name: 'archiver_failing_or_replica_lagging',
  title: 'The log does not get to where it is kept',
  severity: 'error',
  category: 'operations',
  explain:
    'Log that is not archived cannot be restored from, and stays on the disk until it is full. A replica far behind loses as much when it has to take over.',
  query: `
    SELECT 'archiver' AS object, format('%s failures, the last one at %s, after the last success', failed_count, to_char(last_failed_time, 'YYYY-MM-DD HH24:MI:SS')) AS evidence,
           '-- run archive_command by hand as the account of the server: its error is in the server''s log' AS fix
      FROM pg_stat_archiver WHERE failed_count > 0 AND last_failed_time > coalesce(last_archived_time, '-infinity')
    UNION ALL
    SELECT 'replica ' || coalesce(nullif(application_name, ''), client_addr::text, '?'),
           format('%s behind, %s', pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), coalesce(replay_lag::text, 'for an unknown time')),
           '-- look at its disk and at long queries there: max_standby_streaming_delay'
      FROM pg_stat_replication
     WHERE NOT pg_is_in_recovery() AND state = 'streaming'
       AND pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END, replay_lsn) > 2 ^ 30 AND replay_lag > interval '1 minute'`,
}
