import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { expect } from 'vitest'

/** The table that every library works on: a unique name and a balance that must not go below zero. */
const SCHEMA = `
  CREATE TABLE accounts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    balance integer NOT NULL DEFAULT 0 CHECK (balance >= 0),
    opened timestamptz NOT NULL DEFAULT '2026-01-02 03:04:05Z'
  )`

/** Our pool on a database of its own, with an empty table of accounts. Few connections, so that libraries share them. */
export async function accountsPool(): Promise<Pool> {
  const { url } = await temporaryDatabase()
  const pool = new Pool({ connectionString: url, max: 4, name: 'accounts' })
  await pool.query(SCHEMA)
  return pool
}

/** What stands in the table, past every library. */
export async function balances(pool: Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ name: string; balance: number }>(
    'SELECT name, balance FROM accounts ORDER BY id',
  )
  return Object.fromEntries(rows.map(({ name, balance }) => [name, balance]))
}

/** Every connection is back, nobody waits, and none sits in a transaction that was forgotten. */
export async function expectAllReturned(pool: Pool): Promise<void> {
  await expect.poll(() => pool.stats()).toMatchObject({ activeCount: 0, waitingCount: 0 })
  const { rows } = await pool.query(
    "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
  )
  expect(rows).toEqual([])
}
