import { catalogue } from '../catalogue.js'
import type { Check, Problem } from '../check.js'
import { everyRow } from '../check.js'

/** What must not be off, with what happens then. Checksums can be switched on only while the server is down. */
const MUST_BE_ON: Readonly<Record<string, string>> = {
  autovacuum: 'dead rows and old transaction ids are never cleaned up',
  track_counts: 'autovacuum does not see what to do',
  fsync: 'a crash of the machine destroys the database',
  full_page_writes: 'a crash of the machine tears pages apart',
  data_checksums: 'broken pages are not noticed',
}

/**
 * Switched off for the whole server, or for one table. A table may be without autovacuum for a bulk load: that it
 * stayed so is what is reported.
 */
export const dangerousSettings: Check = {
  id: 'O06',
  name: 'dangerous_settings',
  title: 'A safety of the server is switched off',
  severity: 'error',
  category: 'operations',
  explain:
    'fsync and full_page_writes protect against the loss of everything at a power failure, autovacuum against bloat and the end of transaction ids. What is gained by switching them off is never worth it outside of tests.',
  query: `${catalogue('relations')}
    SELECT name AS setting, NULL AS object, NULL AS evidence, NULL AS fix, NULL AS severity FROM pg_settings
     WHERE name IN (${Object.keys(MUST_BE_ON)
       .map(name => `'${name}'`)
       .join(', ')}) AND setting = 'off'
    UNION ALL
    SELECT NULL, r.name, 'autovacuum is off for this table', format('ALTER TABLE %s RESET (autovacuum_enabled);', r.name), 'warning'
      FROM relations AS r CROSS JOIN LATERAL pg_options_to_table(r.reloptions) AS o
     WHERE o.option_name = 'autovacuum_enabled' AND lower(o.option_value) IN ('false', 'off', 'no', '0')`,
  judge: rows => rows.flatMap(row => (row.setting ? [switchedOff(row.setting)] : everyRow([row]))),
}

function switchedOff(setting: string): Problem {
  const evidence = `off: ${MUST_BE_ON[setting]}`
  if (setting === 'data_checksums') {
    return {
      object: setting,
      evidence,
      fix: '-- pg_checksums --enable, while the server is down',
      severity: 'warning',
    }
  }
  return { object: setting, evidence, fix: `ALTER SYSTEM SET ${setting} = on; SELECT pg_reload_conf();` }
}
