import type { Check } from '../check.js'

/**
 * A slot that is not active may be between two connections of its reader: the kept log says since when. Temporary
 * slots end with their session and need no care.
 */
export const inactiveSlot: Check = {
  id: 'O04',
  name: 'inactive_slot',
  title: 'A replication slot keeps the log for nobody',
  severity: 'error',
  category: 'operations',
  explain:
    'The server keeps all log that a slot has not confirmed, until the disk is full and everything stops. Drop slots that nobody reads, and set max_slot_wal_keep_size.',
  query: `
    SELECT 'slot ' || quote_ident(slot_name) AS object,
           concat_ws(', ', CASE WHEN active THEN 'active' ELSE 'nobody reads it' END, 'log status ' || wal_status,
             pg_size_pretty(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)) || ' of log kept') AS evidence,
           format(E'SELECT pg_drop_replication_slot(%L); -- if its reader is gone for good\\nALTER SYSTEM SET max_slot_wal_keep_size = ''50GB'';', slot_name) AS fix
      FROM pg_replication_slots
     WHERE NOT temporary AND ((NOT active AND restart_lsn IS NOT NULL) OR wal_status IN ('unreserved', 'lost'))`,
}
