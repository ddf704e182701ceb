import { Pool } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'
import { crowdedPooler, scriptedPooler } from './scripted-pooler.js'

/** Rows of the classification about Supavisor, against a scripted server: it cannot be run here. */

async function through(message: string) {
  const pooler = await scriptedPooler(message)
  const pool = new Pool({ connectionString: pooler.url })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  return { pool, ...pooler }
}

test.each([
  '(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 60000ms',
  '(EMAXCONNSESSION) max clients reached in session mode',
  '(ECIRCUITBREAKER) too many failed attempts',
])('scripted Supavisor, "%s": no server was assigned, so a write runs again', async message => {
  const { pool, statements } = await through(message)
  await pool.query('INSERT INTO notes VALUES (1)')
  expect(statements()).toBe(2)
})

test('scripted Supavisor, EDBHANDLEREXITED: a write may have been applied, a read runs again', async () => {
  const message = '(EDBHANDLEREXITED) connection to database closed'
  const written = await through(message)
  const write = written.pool.query('INSERT INTO notes VALUES (1)')
  await expect(write).rejects.toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', cause: { code: 'XX000' } })
  expect(written.statements()).toBe(1)
  const read = await through(message)
  await read.pool.query({ text: 'SELECT 1', readOnly: true })
  expect(read.statements()).toBe(2)
})

test.each([
  '(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 3',
  'Max client connections reached',
])('scripted Supavisor, "%s": the pool is content with the places it has', async message => {
  const pooler = await crowdedPooler(3, message)
  const pool = new Pool({ connectionString: pooler.url, max: 10, connectionTimeoutMillis: 60_000 })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  const load = () => Promise.all(Array.from({ length: 40 }, () => pool.query('SELECT 1')))
  while (pooler.refused === 0) await load()
  // Attempts that were on their way together.
  for (let round = 0; round < 3; round++) await load()
  const { refused } = pooler
  pooler.places = 10
  for (let round = 0; round < 6; round++) await load()
  expect(pooler.refused).toBe(refused)
  expect(pool.totalCount).toBeLessThanOrEqual(3)
  expect(pool.stats().isHealthy).toBe(true)
})

test('scripted Supavisor, EMAXCLIENTCONN under a statement: the pool lowers its own maximum', async () => {
  const { pool } = await through('(EMAXCLIENTCONN) max client connections reached')
  await pool.query('INSERT INTO notes VALUES (1)')
  await Promise.all(Array.from({ length: 40 }, () => pool.query('SELECT 1')))
  expect(pool.totalCount).toBe(1)
})
