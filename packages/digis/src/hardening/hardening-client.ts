import type { Pool } from 'holdfast'

/** The longest wait a timer can hold, 24.8 days: how long an index takes to build is not the pool's to limit. */
const NO_LIMIT_MILLIS = 2_147_483_647

/** What one session of the hardening is told and answers. */
export interface HardeningClient {
  run(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
}

/** Works on one connection without limits of time, and closes it: the session has a lock and settings of its own. */
export async function onOwnSession<T>(
  pool: Pool,
  work: (session: HardeningClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  // A connection lost between two statements is reported by the next one.
  client.on('error', ignore)
  const run: HardeningClient['run'] = async (text, values) => {
    const query = { text, query_timeout: NO_LIMIT_MILLIS, timeout: 0 as const, cache: false as const }
    const { rows } = await client.query(values === undefined ? query : { ...query, values })
    return rows as Record<string, unknown>[]
  }
  try {
    return await work({ run })
  } finally {
    client.removeListener('error', ignore)
    client.release(true)
  }
}

function ignore(): void {}
