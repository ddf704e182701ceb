import type { Pool } from 'holdfast'
import type { Deadline } from './deadline.js'

/** The part of the pool that queries go through. */
export type QueryPool = Pick<Pool, 'query' | 'transaction'>

interface Query {
  readonly text: string
  readonly values?: unknown[]
}

/**
 * `pool`, but every query and transaction ends by the `deadline` of a request: it waits for a connection and runs no
 * longer than what is left, and is cancelled on the server when the caller goes away.
 */
export function boundedPool(pool: QueryPool, deadline: Deadline): QueryPool {
  const bounds = () => ({ timeout: deadline.remaining(), signal: deadline.signal })
  const query = async (query: Query | string, values?: unknown[]) =>
    pool.query({ ...asConfig(query, values), ...bounds() })
  return {
    // One implementation stands for all of pg's overloads but the callback, which nobody here uses.
    query: query as Pool['query'],
    transaction: async (work, options) => pool.transaction(work, { ...options, ...bounds() }),
  }
}

function asConfig(query: Query | string, values: unknown[] | undefined): Query {
  const config = typeof query === 'string' ? { text: query } : query
  return values === undefined ? config : { ...config, values }
}
