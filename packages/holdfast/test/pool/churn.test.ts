import { seededRandom, temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import pg from 'pg'
import { expect, test } from 'vitest'

const CYCLES = 1_000

test('1,000 cycles under random cancellation, timeouts and killed backends leak nothing', async () => {
  const { url } = await temporaryDatabase()
  const random = seededRandom(20)
  const pool = new Pool({ connectionString: url, max: 5 })
  const killer = new pg.Client({ connectionString: url })
  await killer.connect()
  const opened = new Set<pg.PoolClient>()
  pool.on('connect', client => opened.add(client))
  pool.on('remove', client => opened.delete(client))
  pool.on('error', () => {})

  const kill = async (client: pg.PoolClient) => {
    const { processID } = client as unknown as { processID: number }
    await killer.query('SELECT pg_terminate_backend($1)', [processID])
  }
  const cycle = async (): Promise<void> => {
    const fate = random.int(0, 5)
    if (fate < 2) {
      const limit =
        fate === 0 ? { timeout: random.int(1, 20) } : { signal: AbortSignal.timeout(random.int(1, 20)) }
      await pool.query({ text: 'SELECT pg_sleep(1)', ...limit })
      return
    }
    const client = await pool.connect({ timeout: random.int(5, 2_000) })
    try {
      if (fate === 2) await kill(client)
      if (fate === 3) await client.query('BEGIN')
      await client.query('SELECT 1')
    } finally {
      client.release(fate === 4)
    }
  }
  let remaining = CYCLES
  const worker = async () => {
    while (remaining-- > 0) await cycle().catch(() => {})
  }
  await Promise.all(Array.from({ length: 10 }, worker))

  expect(pool.stats()).toMatchObject({ activeCount: 0, waitingCount: 0 })
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await pool.end()
  expect(opened.size).toBe(0)
  expect(pool.totalCount).toBe(0)
  // The server notices a moment later that a client has gone.
  const left = `SELECT count(*)::int AS left FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`
  await expect.poll(async () => (await killer.query(left)).rows).toEqual([{ left: 0 }])
  await killer.end()
})
