import type { Check, Row } from '../check.js'
import { everyRow } from '../check.js'
import type { Facts } from '../facts.js'

/** All who may hold it, with the seconds since they began; slots and standbys by the ids that they keep. */
const HOLDERS = `
  SELECT 'session ' || pid AS object, state AS kind, extract(epoch FROM clock_timestamp() - xact_start)::text AS open,
         extract(epoch FROM clock_timestamp() - state_change)::text AS unchanged, coalesce(usename, '?') || coalesce(', ' || nullif(application_name, ''), '') AS who,
         format('SELECT pg_terminate_backend(%s);', pid) AS fix
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND datname = current_database()
  UNION ALL
  SELECT 'prepared transaction ' || quote_literal(gid), 'prepared', extract(epoch FROM clock_timestamp() - prepared)::text, NULL, owner::text,
         format('COMMIT PREPARED %1$L; -- or ROLLBACK PREPARED %1$L;', gid)
    FROM pg_prepared_xacts WHERE database = current_database()
  UNION ALL
  SELECT 'slot ' || quote_ident(slot_name), 'slot', greatest(age(xmin), age(catalog_xmin))::text, NULL, slot_type,
         format('SELECT pg_drop_replication_slot(%L);', slot_name)
    FROM pg_replication_slots WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL
  UNION ALL
  SELECT 'standby ' || coalesce(nullif(application_name, ''), client_addr::text, '?'), 'standby', age(backend_xmin)::text, NULL, 'hot_standby_feedback',
         '-- end the long query on the standby, or ALTER SYSTEM SET hot_standby_feedback = off; there'
    FROM pg_stat_replication WHERE backend_xmin IS NOT NULL`

/** Transaction ids that a slot or standby may keep before it is reported. */
const MANY_IDS = 10_000_000

/**
 * A statement that runs long holds the horizon as well as a session that sleeps inside its transaction. Sessions of
 * other databases hold the horizon of shared tables only.
 */
export const xminHorizon: Check = {
  id: 'O02',
  name: 'xmin_horizon',
  title: 'Something old keeps dead rows from being removed',
  severity: 'error',
  category: 'operations',
  explain:
    'As long as a transaction, a prepared one, a slot or a standby may still look at old rows, vacuum removes none of them, in any table. Tables grow, and queries slow down by the hour.',
  query: HOLDERS,
  judge: (rows, facts) => everyRow(rows.flatMap(row => held(row, facts))),
}

function held(row: Row, { settings }: Facts): Row[] {
  const evidence = tooLong(row, settings.longTransaction / 1_000)
  return evidence === undefined
    ? []
    : [{ object: row.object ?? '', evidence: `${evidence} (${row.who})`, fix: row.fix ?? '' }]
}

function tooLong({ kind, open, unchanged }: Row, limit: number): string | undefined {
  const age = Number(open)
  if (kind === 'slot' || kind === 'standby')
    return age > MANY_IDS ? `it keeps the last ${age} transactions` : undefined
  if (kind?.startsWith('idle in') && Number(unchanged) > limit / 5) return `${kind} for ${seconds(unchanged)}`
  return age > limit ? `open for ${seconds(open)}` : undefined
}

function seconds(text: string | null | undefined): string {
  return `${Number(text).toFixed(1)} s`
}
