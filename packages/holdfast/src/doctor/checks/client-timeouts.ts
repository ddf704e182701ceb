import type { Check, Problem } from '../check.js'
import type { ClientTimeouts } from '../client-facts.js'

/**
 * One limit on queries is enough, wherever it is kept. Holdfast's own pool has limits by default, so this is mostly
 * about other clients.
 */
export const clientTimeouts: Check = {
  id: 'L09',
  name: 'missing_client_timeouts',
  title: 'The client waits without end',
  severity: 'warning',
  category: 'pooling',
  explain:
    'pg waits for ever for a connection and for an answer unless it is told not to. When the server hangs, every request of the program hangs with it.',
  skip: ({ client }) =>
    client.timeouts === undefined ? 'the timeouts of the client are not known (client.timeouts)' : undefined,
  judge: (_rows, { client }) => missing(client.timeouts ?? {}),
}

function missing({ connectionTimeoutMillis, statement_timeout, query_timeout }: ClientTimeouts): Problem[] {
  const problem = (name: string, value: string): Problem => ({
    object: `client: ${name}`,
    evidence: 'not set, so there is no limit',
    fix: `-- ${name}: ${value} in the options of the pool`,
  })
  return [
    ...(connectionTimeoutMillis ? [] : [problem('connectionTimeoutMillis', '5_000')]),
    ...(statement_timeout || query_timeout ? [] : [problem('query_timeout', '30_000')]),
  ]
}
