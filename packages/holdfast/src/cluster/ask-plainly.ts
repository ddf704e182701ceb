import type { QueryConfig, QueryResult } from 'pg'
import type { PgConnection } from '../driver/pg-connection.js'

/** Values stay text, whatever parsers the application has. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value }

/**
 * Asks a question of our own, past every guard.
 *
 * @returns the rows, as text
 * @throws the failure of the query, or that it took longer than `millis`
 */
export async function askPlainly(
  connection: PgConnection,
  text: string,
  millis: number,
): Promise<(string | null)[][]> {
  const now = connection.clock.now()
  const result = await connection.send({
    config: { text, rowMode: 'array', types: AS_TEXT } as unknown as QueryConfig,
    values: undefined,
    startedAt: now,
    deadline: now + millis,
    signal: undefined,
    readOnly: true,
    idempotent: true,
    rolledBackIfLost: true,
  })
  return (result as QueryResult).rows as unknown as (string | null)[][]
}
