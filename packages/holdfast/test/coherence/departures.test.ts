import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

let pool: Pool
let admin: pg.Client

beforeAll(async () => {
  const { url } = await temporaryDatabase()
  admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`
    CREATE TABLE item (id int PRIMARY KEY, n int); INSERT INTO item VALUES (1, 0); CREATE SEQUENCE loads;
    CREATE FUNCTION counted(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
      'BEGIN PERFORM nextval(''loads''); RETURN n; END'`)
  pool = new Pool({ connectionString: url, max: 4, cache: { tables: { item: '5m' } } })
})
afterAll(() => Promise.all([pool.end(), admin.end()]))

const READ = 'SELECT counted(n) AS n FROM item WHERE id = $1'

/** Holds a statement open before which everything was marked, while something is done. */
async function whileMarked(work: () => Promise<void>): Promise<void> {
  await admin.query('SELECT pg_advisory_lock(7)')
  const writing = pool.query(
    'DO $$ BEGIN PERFORM pg_advisory_xact_lock(7); UPDATE item SET n = n + 1; END $$',
  )
  const waits = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  while ((await admin.query(waits)).rows.length === 0);
  try {
    await work()
  } finally {
    await admin.query('SELECT pg_advisory_unlock(7)')
    await writing
  }
}

test('equal reads of what is being written are one query, and each caller has rows of his own', async () => {
  await pool.query(READ, [1])
  await whileMarked(async () => {
    await admin.query('ALTER SEQUENCE loads RESTART')
    const results = await Promise.all(Array.from({ length: 100 }, () => pool.query(READ, [1])))
    expect(new Set(results.map(({ cache }) => cache?.reason))).toEqual(new Set(['write-under-way']))
    expect(new Set(results.map(({ rows }) => rows[0].n))).toEqual(new Set([0]))
    expect(new Set(results.map(({ rows }) => rows[0])).size).toBe(100)
    expect((await admin.query('SELECT last_value::int AS loads FROM loads')).rows).toEqual([{ loads: 1 }])
  })
  expect((await pool.query(READ, [1])).rows).toEqual([{ n: 1 }])
})

test('who joins keeps his own deadline, and who led and gave up takes nobody with him', async () => {
  await whileMarked(async () => {
    const gone = AbortSignal.abort(new Error('gone'))
    const led = pool.query({ text: READ, values: [1], signal: gone })
    const followed = [pool.query(READ, [1]), pool.query(READ, [1])]
    await expect(led).rejects.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    for (const { rows } of await Promise.all(followed)) expect(rows).toEqual([{ n: 1 }])
  })
})

test('definitions that a function changes by itself are noticed (H15)', async () => {
  await admin.query(`
    CREATE VIEW shown AS SELECT id FROM item;
    CREATE FUNCTION change_view() RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW shown AS SELECT id FROM item WHERE id > 1'; RETURN 1; END $$`)
  await pool.query('ALTER TABLE item ADD COLUMN later int')
  const read = () => pool.query('SELECT id FROM shown')
  await read()
  expect((await read()).cache?.status).toBe('hit')
  await pool.query('SELECT change_view()')
  expect((await read()).rows).toEqual([])
})

test('a declared key that is dropped later is left out and told of, and queries go on', async () => {
  const { url } = await temporaryDatabase()
  const own = new Pool({ connectionString: url, cache: { tables: { kept: { ttl: '5m', keys: ['tag'] } } } })
  const warnings: string[] = []
  own.on('warning', ({ message }) => warnings.push(message))
  await own.query('CREATE TABLE kept (id int PRIMARY KEY, tag text)')
  await own.query('SELECT * FROM kept WHERE tag = $1', ['a'])
  await own.query('ALTER TABLE kept DROP COLUMN tag')
  await own.query('INSERT INTO kept VALUES (1)')
  expect((await own.query('SELECT * FROM kept')).rows).toEqual([{ id: 1 }])
  expect(warnings.some(message => message.includes('cache.tables.kept.keys[0]'))).toBe(true)
  await own.end()
})
