import type { Check, Problem, Row } from '../check.js'

/**
 * Counted by the server since its statistics began. The share of busy time includes transactions that wait for the
 * program.
 */
export const sessionEconomy: Check = {
  id: 'L03',
  name: 'busy_ratio',
  title: 'Sessions are mostly idle, or end badly',
  severity: 'warning',
  category: 'pooling',
  since: 14,
  usage: true,
  explain:
    'A pool whose connections work less than a fifth of their time is too large. Sessions that are abandoned, ended by an error or killed point to clients that crash, networks that cut, or limits that hit.',
  query: `
    SELECT active_time::text AS active, session_time::text AS total, sessions::text, sessions_abandoned::text AS abandoned, sessions_fatal::text AS fatal, sessions_killed::text AS killed
      FROM pg_stat_database WHERE datname = current_database()`,
  judge: rows => rows.flatMap(row => [...idleShare(row), ...badEnds(row)]),
}

function idleShare({ active, total }: Row): Problem[] {
  const share = Number(active) / Number(total)
  // An hour of sessions in all says nothing yet.
  if (!(Number(total) > 3_600_000) || share >= 0.2) return []
  return [
    {
      object: 'sessions: idle',
      evidence: `busy for ${(100 * share).toFixed(1)} % of their time`,
      fix: '-- make the pools smaller',
    },
  ]
}

function badEnds(row: Row): Problem[] {
  const sessions = Number(row.sessions)
  return ['abandoned', 'fatal', 'killed'].flatMap(kind => {
    const count = Number(row[kind])
    if (sessions < 100 || count <= 0.01 * sessions) return []
    return [
      {
        object: `sessions: ${kind}`,
        evidence: `${count} of ${sessions}`,
        fix: '-- ALTER SYSTEM SET log_disconnections = on; to see which',
      },
    ]
  })
}
