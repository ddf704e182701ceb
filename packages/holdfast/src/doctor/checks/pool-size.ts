import type { Check, Problem, Row } from '../check.js'
import type { Facts } from '../facts.js'

/**
 * Behind a pooler the pool's size is no longer what the server sees. Instances are counted as one where nobody says
 * how many there are.
 */
export const poolSize: Check = {
  id: 'L07',
  name: 'pool_size_times_instances',
  title: 'All pools together may open more connections than the server has',
  severity: 'error',
  category: 'pooling',
  explain:
    'It works until all instances are busy at once, or a deployment runs old and new ones side by side. Keep the sum below what the server has.',
  skip: ({ client }) => {
    if (client.max === undefined) return 'the size of the pool is not known (client.max)'
    return client.pooler !== undefined && client.pooler !== 'none' ? 'a pooler is in between' : undefined
  },
  query: `
    SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)::text AS available
      FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')`,
  judge: (rows, facts) => rows.flatMap(row => tooLarge(row, facts)),
}

function tooLarge({ available }: Row, { client: { max = 0, instances = 1 } }: Facts): Problem[] {
  if (max * instances <= Number(available)) return []
  const evidence = `${instances} instances with up to ${max} connections each, and the server has ${available}`
  return [
    {
      object: 'client: max',
      evidence,
      fix: `-- max: ${Math.max(1, Math.floor(Number(available) / instances))}, or a pooler in between`,
    },
  ]
}
