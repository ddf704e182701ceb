import type { Check, Problem, Row } from '../check.js'

/**
 * What is reserved for administrators is not there for programs. All databases of the server share its connections,
 * so all sessions count.
 */
export const connectionSaturation: Check = {
  id: 'L01',
  name: 'connection_saturation',
  title: 'The server has hardly any connections left',
  severity: 'error',
  category: 'pooling',
  explain:
    'When the last one is taken, programs get "too many clients" and cannot even reconnect. More connections than a few per core only make everything slower: make pools smaller, or put a pooler in between.',
  query: `
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::text AS used,
           (SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings
             WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections'))::text AS available`,
  judge: rows => rows.flatMap(saturated),
}

function saturated({ used, available }: Row): Problem[] {
  if (Number(used) <= 0.8 * Number(available)) return []
  return [
    {
      object: 'server',
      evidence: `${used} of ${available} connections are in use`,
      fix: '-- smaller pools, or PgBouncer; ALTER SYSTEM SET max_connections needs a restart and memory',
    },
  ]
}
