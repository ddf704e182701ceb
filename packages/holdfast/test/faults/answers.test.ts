import { startPostgres } from '@holdfast/testkit'
import type { PoolOptions } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'
import { type FaultWorld, openFaultWorld } from './fault-world.js'

/** Rows of the classification in which the server has answered: each is produced for real. */

const RUN = "nextval('runs')"
const patient = { retry: { attempts: 100, budget: 1 } }

/** What happens to a pool's statement that fails with an SQLSTATE each time. */
async function runsOf(world: FaultWorld, code: string, how: { pool?: PoolOptions; query?: object } = {}) {
  const pool = world.openPool(how.pool)
  const text = `SELECT ${RUN}, fail_with('${code}')`
  const error = await pool.query({ text, ...how.query }).catch(each => each)
  return { error, runs: await world.runs() }
}

test('40001: a statement that lost against another runs again, on its connection', async () => {
  const isolation = { options: '-c default_transaction_isolation=repeatable\\ read', max: 1 }
  const world = await openFaultWorld(isolation)
  const pid = async () => (await world.pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  const before = await pid()
  await world.outside.query('BEGIN; UPDATE items SET n = 10 WHERE id = 1')
  const update = world.pool.query(`UPDATE items SET n = n + 1 WHERE id = 1 AND ${RUN} > 0`)
  const watcher = await world.openClient()
  const isWaiting =
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
  await expect.poll(async () => (await watcher.query(isWaiting)).rowCount, { interval: 5 }).toBe(1)
  await world.outside.query('COMMIT')
  await update
  expect((await world.outside.query('SELECT n FROM items WHERE id = 1')).rows).toEqual([{ n: 11 }])
  expect(await world.runs()).toBe(2)
  expect(await pid()).toBe(before)
})

test('40P01: the victim of a deadlock runs again', async () => {
  const world = await openFaultWorld({ options: '-c deadlock_timeout=10ms' })
  const other = await world.openClient()
  await other.query("SET deadlock_timeout = '10min'; BEGIN; UPDATE items SET n = 20 WHERE id = 2")
  await world.outside.query('SELECT pg_advisory_lock(1)')
  const update = world.pool.query(`
    WITH one AS (UPDATE items SET n = n + 1 WHERE id = 1 RETURNING n), waited AS (SELECT gate(1) FROM one)
    UPDATE items SET n = n + 1 FROM waited WHERE id = 2`)
  await world.blocked(1)
  const crossing = other.query('UPDATE items SET n = 10 WHERE id = 1')
  await world.blocked(2)
  await world.outside.query('SELECT pg_advisory_unlock(1)')
  await crossing
  await other.query('COMMIT')
  await update
  expect((await other.query('SELECT n FROM items ORDER BY id')).rows).toEqual([{ n: 11 }, { n: 21 }])
})

test('40001 in a text that may have committed a part of itself is left to the caller', async () => {
  const world = await openFaultWorld()
  const text = "INSERT INTO items VALUES (3); COMMIT; SELECT fail_with('40001')"
  await expect(world.pool.query(text)).rejects.toMatchObject({ code: '40001' })
  await world.outside.query(
    "CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO items VALUES (4); COMMIT; PERFORM fail_with('40001'); END $$",
  )
  await expect(world.pool.query('CALL fill()')).rejects.toMatchObject({ code: '40001' })
  expect((await world.outside.query('SELECT id FROM items WHERE id > 2 ORDER BY id')).rows).toEqual([
    { id: 3 },
    { id: 4 },
  ])
})

test('25006: the connections of a server that only reads are given up, and the statement runs on a new one', async () => {
  const world = await openFaultWorld({ max: 3 })
  const name = new URL(world.url).pathname.slice(1)
  await world.outside.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`)
  const both = await Promise.all([world.pool.connect(), world.pool.connect()])
  for (const client of both) client.release()
  const admin = await world.openClient()
  await admin.query('SET default_transaction_read_only = off')
  await admin.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`)
  await world.pool.query('INSERT INTO items VALUES (3)')
  expect(world.pool.totalCount).toBe(1)
})

const STATEMENT = { name: 'all-items', text: 'SELECT * FROM items ORDER BY id' }

test.each([
  ['0A000', 'ALTER TABLE items ADD COLUMN b int'],
  ['26000', 'DEALLOCATE ALL'],
])('%s: a prepared statement that the server cannot use any more is prepared anew', async (_, change) => {
  const world = await openFaultWorld({ max: 1 })
  await world.pool.query(STATEMENT)
  await world.pool.query(change)
  expect((await world.pool.query(STATEMENT)).rowCount).toBe(2)
  await expect(world.pool.query({ ...STATEMENT, text: 'other text' })).rejects.toThrow()
})

test('42P05: a name that somebody else has given on the server is taken over', async () => {
  const world = await openFaultWorld({ max: 1 })
  await world.pool.query('PREPARE "all-items" AS SELECT 1')
  expect((await world.pool.query(STATEMENT)).rowCount).toBe(2)
})

test('55P03: a lock that is taken ends the statement, or is waited for where that was asked for', async () => {
  const world = await openFaultWorld()
  await world.outside.query('BEGIN; UPDATE items SET n = 1 WHERE id = 1')
  const text = `SELECT ${RUN} FROM items WHERE id = 1 FOR UPDATE NOWAIT`
  await expect(world.pool.query(text)).rejects.toMatchObject({ code: '55P03', retry: 'safe' })
  const asked = world.openPool({ retry: { ...patient.retry, optIn: ['55P03'] } })
  const locked = asked.query(text)
  await world.outside.query('COMMIT')
  expect((await locked).rowCount).toBe(1)
})

test('55006: an object in use is waited for where that was asked for', async () => {
  const world = await openFaultWorld()
  const name = `in_use_${process.pid}`
  const user = await world.openClient()
  await user.query('SELECT pg_create_physical_replication_slot($1, false, true)', [name])
  const drop = {
    text: 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
    values: [name],
    idempotent: true,
  }
  await expect(world.pool.query(drop)).rejects.toMatchObject({ code: '55006' })
  const dropped = world.openPool({ retry: { ...patient.retry, optIn: ['55006'] } }).query(drop)
  await user.end()
  await dropped
})

const PERIODS =
  'CREATE TABLE periods (p int4range, EXCLUDE USING gist (p WITH &&)); INSERT INTO periods VALUES (int4range(1, 5))'

test.each([
  ['23505', 'INSERT INTO items VALUES (1)', 'DELETE FROM items'],
  ['23P01', 'INSERT INTO periods VALUES (int4range(3, 9))', 'DELETE FROM periods'],
] as const)(
  '%s: what collides is told at once, or tried again where that was asked for',
  async (code, insert, remove) => {
    const world = await openFaultWorld()
    await world.outside.query(PERIODS)
    await expect(world.pool.query(insert)).rejects.toMatchObject({ code, retry: 'never' })
    const inserted = world.openPool({ retry: { ...patient.retry, optIn: [code] } }).query(insert)
    await world.outside.query(remove)
    expect((await inserted).rowCount).toBe(1)
  },
)

test('53200: a server whose memory is full ends the statement, or is waited for where that was asked for', async () => {
  await using server = await startPostgres({
    settings: { max_connections: 10, max_locks_per_transaction: 10 },
  })
  const world = await openFaultWorld({}, server.url)
  const lock = 'SELECT pg_advisory_lock(n) FROM generate_series(1, 1000000) AS n'
  await expect(world.outside.query(lock)).rejects.toMatchObject({ code: '53200' })
  // What it takes to connect, but not what the statement needs.
  await world.outside.query('SELECT pg_advisory_unlock(n) FROM generate_series(1, 100) AS n')
  const text = `SELECT ${RUN}; SELECT pg_advisory_xact_lock(-n) FROM generate_series(1, 200) AS n`
  await expect(world.pool.query(text)).rejects.toMatchObject({ code: '53200' })
  expect(await world.runs()).toBe(1)
  const locked = world.openPool({ retry: { ...patient.retry, optIn: ['53200'] } }).query(text)
  await expect.poll(() => world.runs()).toBeGreaterThan(2)
  await world.outside.query('SELECT pg_advisory_unlock_all()')
  await locked
})

test('58030: a file that cannot be read ends the statement, or is read again where that was asked for', async () => {
  const world = await openFaultWorld()
  const text = `SELECT ${RUN}, pg_read_binary_file('/proc/self/mem', 0, 1)`
  await expect(world.pool.query(text)).rejects.toMatchObject({ code: '58030' })
  expect(await world.runs()).toBe(1)
  const asked = world.openPool({ retry: { optIn: ['58030'] } }).query(text)
  await expect(asked).rejects.toMatchObject({ code: '58030' })
  expect(await world.runs()).toBe(4)
})

test('53100: a disk that is full is not tried again, whatever was asked for', async () => {
  const world = await openFaultWorld()
  const pool = world.openPool({ retry: { attempts: 5, optIn: ['53200', '58030'] } })
  const text = `COPY (SELECT ${RUN}, repeat('x', 100000)) TO '/dev/full'`
  await expect(pool.query({ text, idempotent: true })).rejects.toMatchObject({ code: '53100' })
  expect(await world.runs()).toBe(1)
})

test.each(['57014', '25P02', '22012', '42601', '0A000', '23502'])('%s: never tried again', async code => {
  const world = await openFaultWorld()
  const optIn = ['55P03', '55006', '53200', '58030', '23505', '23P01'] as const
  const pool = { retry: { attempts: 5, optIn: [...optIn] } }
  expect(await runsOf(world, code, { pool, query: { idempotent: true } })).toMatchObject({
    error: { code },
    runs: 1,
  })
})

test('57014: a statement that somebody cancels is not tried again', async () => {
  const world = await openFaultWorld()
  await world.outside.query('SELECT pg_advisory_lock(1)')
  onTestFinished(async () => void (await world.outside.query('SELECT pg_advisory_unlock_all()')))
  const query = world.pool.query({ text: `SELECT ${RUN}, gate(1)`, readOnly: true })
  await world.blocked(1)
  const cancelled = expect(query).rejects.toMatchObject({ code: '57014' })
  await world.outside.query(
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
  )
  await cancelled
  expect(await world.runs()).toBe(1)
})

// PostgreSQL itself has no place that raises these; databases that speak its protocol do. A function stands for them.
test.each(['08007', '40003'])(
  '%s: nobody knows, so only what may be applied twice runs again',
  async code => {
    const world = await openFaultWorld()
    const plain = await runsOf(world, code)
    expect(plain).toMatchObject({
      error: { code: 'HOLDFAST_OUTCOME_UNKNOWN', retry: 'unknown', cause: { code } },
      runs: 1,
    })
    expect(await runsOf(world, code, { query: { idempotent: true } })).toMatchObject({ runs: 4 })
    expect(await runsOf(world, code, { pool: { retry: false }, query: { idempotent: true } })).toMatchObject({
      runs: 5,
    })
    expect(await runsOf(world, code, { query: { idempotent: true, retry: false } })).toMatchObject({
      runs: 6,
    })
  },
)

test('the retries of a pool are a share of its requests, and then errors are told as they are', async () => {
  const world = await openFaultWorld({ retry: { budget: 0 }, max: 5 })
  const text = `SELECT ${RUN}, fail_with('40001')`
  const calls = Array.from({ length: 20 }, () => world.pool.query(text).catch(error => error.code))
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['40001']))
  // Twenty first runs, and the reserve of ten.
  expect(await world.runs()).toBeLessThanOrEqual(31)
  expect(await world.runs()).toBeGreaterThanOrEqual(30)
})
