import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The database's own collation, and those that columns name. Versions that nobody recorded tell nothing. The rules
 * of "C" have no version, and never change.
 */
export const collationVersionMismatch: Check = {
  id: 'I21',
  name: 'collation_version_mismatch',
  title: 'Texts are sorted by other rules than when their indexes were built',
  severity: 'error',
  category: 'integrity',
  since: 15,
  explain:
    'After an upgrade of the operating system its library sorts texts differently. Indexes on text are then out of order: they miss rows that exist and let in duplicates of unique ones. Rebuild them, then record the new version.',
  query: `${catalogue('columns')}
    SELECT 'database ' || quote_ident(datname) AS object,
           format('indexes were built with version %s, the library has %s', datcollversion, pg_database_collation_actual_version(oid)) AS evidence,
           format(E'REINDEX DATABASE CONCURRENTLY %1$I;\\nALTER DATABASE %1$I REFRESH COLLATION VERSION;', datname) AS fix
      FROM pg_database
     WHERE datname = current_database() AND datcollversion <> pg_database_collation_actual_version(oid)
    UNION ALL
    SELECT DISTINCT 'collation ' || l.oid::regcollation::text,
           format('indexes were built with version %s, the library has %s', l.collversion, pg_collation_actual_version(l.oid)),
           format(E'-- REINDEX TABLE CONCURRENTLY each table with a column of this collation, then\\nALTER COLLATION %s REFRESH VERSION;', l.oid::regcollation)
      FROM columns AS c
      JOIN pg_attribute AS a ON a.attrelid = c.relid AND a.attnum = c.attnum
      JOIN pg_collation AS l ON l.oid = a.attcollation
     WHERE l.collversion <> pg_collation_actual_version(l.oid)`,
}
