import { Pool } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedPooler } from './scripted-pooler.js'

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
