import type { Check, Problem } from '../check.js'

/**
 * Of PgBouncer's console, `SHOW POOLS`: who waits, and since when, in whole seconds. A wait of less than a second
 * is what a queue is for.
 */
export const poolerQueue: Check = {
  id: 'L08',
  name: 'pooler_queue',
  title: 'Clients wait in the queue of PgBouncer',
  severity: 'warning',
  category: 'pooling',
  explain:
    'Its pool of server connections is smaller than what the programs ask for at once. Look for long transactions before making default_pool_size larger.',
  skip: ({ outside: { pools } }) => {
    if (pools === undefined) return 'no connection to the console of PgBouncer was given (pgbouncer)'
    return typeof pools === 'string' ? `PgBouncer did not answer: ${pools}` : undefined
  },
  judge: (_rows, { outside: { pools } }) => (typeof pools === 'object' ? pools.flatMap(queued) : []),
}

function queued({ database, user, cl_waiting, maxwait }: Record<string, unknown>): Problem[] {
  if (!(Number(cl_waiting) > 0) || !(Number(maxwait) >= 1)) return []
  return [
    {
      object: `pool of ${String(user)} for ${String(database)}`,
      evidence: `${Number(cl_waiting)} clients wait, the first since ${Number(maxwait)} s`,
      fix: '-- shorter transactions; then default_pool_size in pgbouncer.ini, and RELOAD',
    },
  ]
}
