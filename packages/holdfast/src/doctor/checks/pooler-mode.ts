import type { Check, Problem } from '../check.js'
import type { ClientFacts, SessionFeature } from '../client-facts.js'

/** What to do instead of each. */
const INSTEAD: Readonly<Record<SessionFeature, string>> = {
  'named-statements': 'max_prepared_statements of PgBouncer 1.21, or no name',
  listen: 'a direct connection for LISTEN',
  'session-advisory-locks': 'pg_advisory_xact_lock',
  set: 'SET LOCAL, or ALTER ROLE ... SET',
  'temp-tables': 'CREATE TEMP TABLE ... ON COMMIT DROP, inside the transaction',
}

/**
 * Port 6543 is that of Supabase's pooler in transaction mode. Where nobody says which pooler it is, the port
 * decides.
 */
export const poolerMode: Check = {
  id: 'L06',
  name: 'pooler_mode_vs_features',
  title: 'The program needs a session, and the pooler gives it transactions',
  severity: 'error',
  category: 'pooling',
  explain:
    'A pooler in transaction mode hands the connection to others after each transaction: what was meant to last is gone, or is found by somebody else.',
  skip: ({ client }) =>
    client.features === undefined
      ? 'it is not known which features the program uses (client.features)'
      : undefined,
  judge: (_rows, { client }) => (isTransactional(client) ? (client.features ?? []).map(impossible) : []),
}

function isTransactional({ pooler, port }: ClientFacts): boolean {
  return pooler === 'transaction' || pooler === 'statement' || (pooler === undefined && port === 6543)
}

function impossible(feature: SessionFeature): Problem {
  return {
    object: `client: ${feature}`,
    evidence: 'through a pooler in transaction mode',
    fix: `-- use ${INSTEAD[feature]}, or a connection past the pooler`,
  }
}
