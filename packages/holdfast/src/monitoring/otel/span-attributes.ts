/** Every attribute of a span, and when it is there. The reference page is made of this table. */
export const SPAN_ATTRIBUTES = {
  'db.system.name': 'Always `postgresql`.',
  'db.namespace': 'The database that the pool was configured with; the schema is not looked at.',
  'server.address': 'The host that the pool was configured with, the first of several.',
  'server.port': 'Its port.',
  'db.client.connection.pool.name': 'The option `name` of the pool.',
  'db.query.summary': 'Operations and their tables: `SELECT users`. It names the span too.',
  'db.query.text': 'The SQL with `?` for each literal, without comments, cut off after 4,096 characters.',
  'error.type': 'Only when it failed: the SQLSTATE, our code, or the name of the error.',
  'db.response.status_code': 'Only when PostgreSQL answered with an error: its SQLSTATE.',
  'holdfast.attempts': 'How often a connection was lent for it, retries included; 0 for a hit of the cache.',
  'holdfast.wait_time': 'Seconds spent waiting for connections, pauses between attempts included.',
  'holdfast.node': 'The `host:port` that answered; absent when none did.',
  'holdfast.cache.status': 'Of reads on a pool with a cache: `hit`, `miss`, `stale` or `bypass`.',
  'holdfast.cache.tier': 'Of hits: `memory` or `redis`.',
} as const

/** The name of an attribute. */
export type SpanAttribute = keyof typeof SPAN_ATTRIBUTES

/** Attributes of one span. */
export type SpanAttributes = Partial<Record<SpanAttribute, string | number>>

/** What all queries of a pool have in common. */
export interface PoolIdentity {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly database: string | undefined
}

/** The attributes that tell one pool from another. */
export function poolAttributes({ name, host, port, database }: PoolIdentity) {
  return {
    'db.system.name': 'postgresql',
    'server.address': host,
    'server.port': port,
    'db.client.connection.pool.name': name,
    ...(database === undefined ? {} : { 'db.namespace': database }),
  }
}
