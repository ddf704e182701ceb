import { Pool } from 'holdfast'
import { expect } from 'vitest'
import type { Tally } from './fetching-page.js'

/** Fails unless every fetch was answered, and every payment that was wished for was acknowledged. */
export function expectPauseOnly({ ok, failures, payments, wishes }: Tally): void {
  expect(failures).toEqual({})
  expect(ok).toBeGreaterThan(100)
  expect(payments).toHaveLength(wishes)
  expect(new Set(payments).size).toBe(wishes)
}

/** Fails unless the payments of a page are there, and no other since. */
export async function expectEachPaidOnce({ payments, wishes }: Tally, databaseUrl: string): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 })
  const { rows } = await pool.query('SELECT count(*)::int AS n FROM payments WHERE id >= $1', [
    Math.min(...payments),
  ])
  await pool.end()
  expect(rows).toEqual([{ n: wishes }])
}
