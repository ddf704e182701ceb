import type { QueryConfig } from 'pg'
import type { QueryRequest } from '../base/execute.js'
import type { ConnectionPool } from './connection-pool.js'
import type { PooledConnection } from './pooled-connection.js'

/** How a statement is explained. */
export interface ExplainParts {
  readonly pool: ConnectionPool
  /** A request of our own that gives up in time. */
  readonly toRequest: (config: QueryConfig & { timeout: number; priority: 'background' }) => QueryRequest
}

/** For planning, and for getting a connection that nobody else waits for, in milliseconds. */
const TIMEOUT_MS = 2_000
const NAME = 'holdfast_plan'

/**
 * The plan that PostgreSQL would make for a statement with any parameters. Nothing is run: it is prepared and explained in
 * a read-only transaction that is rolled back. Preparing also makes sure that it is one statement, and one that has a plan.
 *
 * @throws PostgreSQL's error for a text that has no plan; as `ConnectionPool.acquire`
 */
export async function explainStatement(parts: ExplainParts, text: string): Promise<string> {
  const pooled = await parts.pool.acquire(own(parts, 'SELECT'))
  let isPrepared = false
  try {
    await run(parts, pooled, 'BEGIN READ ONLY')
    await run(parts, pooled, `SET LOCAL statement_timeout = ${TIMEOUT_MS}`)
    await run(parts, pooled, 'SET LOCAL plan_cache_mode = force_generic_plan')
    await run(parts, pooled, `PREPARE ${NAME} AS ${text}`)
    isPrepared = true
    const plan = await explainPrepared(parts, pooled)
    await run(parts, pooled, `DEALLOCATE ${NAME}`)
    isPrepared = false
    return plan
  } finally {
    // Open transactions are rolled back when a connection is given back; what is prepared would stay.
    pooled.rollbackExpected = true
    parts.pool.release(pooled, isPrepared || undefined)
  }
}

async function explainPrepared(parts: ExplainParts, pooled: PooledConnection): Promise<string> {
  const count = `SELECT coalesce(cardinality(parameter_types), 0) AS count FROM pg_prepared_statements WHERE name = '${NAME}'`
  const [counted] = await run(parts, pooled, count)
  const nulls = Array.from({ length: Number(counted?.count ?? 0) }, () => 'NULL')
  const values = nulls.length > 0 ? `(${nulls.join(', ')})` : ''
  const lines = await run(parts, pooled, `EXPLAIN EXECUTE ${NAME}${values}`)
  return lines.map(line => line['QUERY PLAN']).join('\n')
}

async function run(parts: ExplainParts, { connection }: PooledConnection, text: string) {
  const { rows } = (await connection.send(own(parts, text))) as { rows: Record<string, unknown>[] }
  return rows
}

/** In the extended protocol, which takes one statement at a time. */
function own({ toRequest }: ExplainParts, text: string): QueryRequest {
  const config = { text, queryMode: 'extended', timeout: TIMEOUT_MS, priority: 'background' as const }
  return toRequest(config)
}
