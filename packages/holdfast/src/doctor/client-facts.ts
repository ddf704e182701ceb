/** How the program connects that uses the database: what SQL cannot see. */
export interface ClientFacts {
  /** Connections that one instance opens at most. */
  readonly max?: number
  /** How many instances of the program run; each has a pool of its own. Default 1. */
  readonly instances?: number
  /** The port it connects to. */
  readonly port?: number
  /** Whether it uses TLS, and whether it verifies the server's certificate. */
  readonly tls?: 'off' | 'unverified' | 'verified'
  /** Whether a pooler stands in between, and when it takes the server's connection back. */
  readonly pooler?: 'none' | 'session' | 'transaction' | 'statement'
  /** What the program needs that lasts longer than a transaction. */
  readonly features?: readonly SessionFeature[]
  /** The timeouts that are set, in milliseconds; 0 is none. */
  readonly timeouts?: ClientTimeouts
}

/** What a connection can do only while it stays with one client. */
export type SessionFeature = 'named-statements' | 'listen' | 'session-advisory-locks' | 'set' | 'temp-tables'

/** What limits the waits of a client, by pg's names for it. */
export interface ClientTimeouts {
  readonly connectionTimeoutMillis?: number
  readonly statement_timeout?: number
  readonly query_timeout?: number
}

/** The facts that the options of a pool of pg or Holdfast tell. */
export function factsOfPool(options: object): ClientFacts {
  const given = options as Record<string, unknown>
  const { max, port } = given
  return {
    max: typeof max === 'number' ? max : 10,
    ...(typeof port === 'number' ? { port } : {}),
    ...tlsOf(given.ssl),
    timeouts: {
      connectionTimeoutMillis: millis(given.connectionTimeoutMillis),
      statement_timeout: millis(given.statement_timeout),
      query_timeout: millis(given.query_timeout),
    },
  }
}

// Absent, it may still be decided by the connection string or PGSSLMODE.
function tlsOf(ssl: unknown): { tls?: 'off' | 'unverified' | 'verified' } {
  if (ssl === undefined) return {}
  if (ssl === false) return { tls: 'off' }
  const verifies =
    typeof ssl !== 'object' || (ssl as { rejectUnauthorized?: unknown })?.rejectUnauthorized !== false
  return { tls: verifies ? 'verified' : 'unverified' }
}

function millis(value: unknown): number {
  return Number(value) || 0
}
