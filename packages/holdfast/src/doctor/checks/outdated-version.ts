import type { Check, Problem, Row } from '../check.js'
import { everyRow } from '../check.js'
import type { Facts } from '../facts.js'

/** The day of the last release of each major version, as the PostgreSQL project announced it. */
const LAST_RELEASE: Readonly<Record<number, string>> = {
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
}

/**
 * By the server's own clock. Versions newer than the table are supported, older ones are not. Minor releases are
 * not judged: nobody tells the server which is the newest.
 */
export const outdatedVersion: Check = {
  id: 'O07',
  name: 'version_eol_or_extension_outdated',
  title: 'The server or an extension is out of date',
  severity: 'warning',
  category: 'operations',
  explain:
    'A major version gets fixes for five years; after its last release no hole is closed any more. An extension whose files are newer than its objects runs old SQL with new code.',
  query: `
    SELECT 'extension ' || quote_ident(name) AS object, format('version %s is installed, %s is there', installed_version, default_version) AS evidence,
           format('ALTER EXTENSION %I UPDATE;', name) AS fix
      FROM pg_available_extensions WHERE installed_version <> default_version`,
  judge: (rows: readonly Row[], facts: Facts) => [...endOfLife(facts), ...everyRow(rows)],
}

function endOfLife({ major, version, now }: Facts): Problem[] {
  const last = LAST_RELEASE[major] ?? (major < 13 ? '2024-11-21' : '9999-12-31')
  if (now.slice(0, 10) <= last) return []
  return [
    {
      object: 'server',
      evidence: `PostgreSQL ${version}: the last release of version ${major} was on ${last}`,
      fix: '-- pg_upgrade, or a logical replica of a newer version and a switch',
    },
  ]
}
