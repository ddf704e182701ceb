import type { Check } from '../check.js'

/**
 * Looked at before the doctor changes a setting itself. A fresh connection has nothing of the kind. Timeouts are
 * left out: clients and poolers set them for all who come.
 */
export const leakedSessionState: Check = {
  id: 'L04',
  name: 'leaked_session_settings',
  title: 'A connection still has what an earlier user left',
  severity: 'error',
  category: 'pooling',
  explain:
    'SET, advisory locks of the session, LISTEN and temporary tables stay with the connection when it goes back to the pool: the next user works with the time zone, the role or the locks of another. Use SET LOCAL inside a transaction, or a connection that is closed afterwards.',
  judge: (_rows, { leftovers }) =>
    leftovers.map(what => ({
      object: `connection: ${what}`,
      evidence: 'it was there when the connection was borrowed',
      fix: 'DISCARD ALL; -- for this connection; SET LOCAL and pg_advisory_xact_lock in the program',
    })),
}
