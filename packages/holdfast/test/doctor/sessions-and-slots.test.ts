import { newPassword, type PostgresServer, startPostgres } from '@holdfast/testkit'
import { doctor } from 'holdfast'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { as, found, session } from './sessions.js'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres({
    settings: { wal_level: 'logical', max_prepared_transactions: 5, max_connections: 30, archive_mode: 'on' },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const anyTime = { longTransaction: '1ms' }

test('O02 reports who holds the horizon: a transaction that sleeps, and a prepared one', async () => {
  const [doctors, other] = [await session(server.url), await session(server.url)]
  await other.query('CREATE TABLE o02 (id bigint PRIMARY KEY)')
  expect(await found(doctors, 'O02', anyTime)).toEqual([])
  await other.query("BEGIN; INSERT INTO o02 VALUES (1); PREPARE TRANSACTION 'o''02'")
  const sleeper = await session(server.url)
  const pid = (await sleeper.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  await sleeper.query('BEGIN')
  await sleeper.query('SELECT 1')
  const expected = ["prepared transaction 'o''02'", `session ${pid}`]
  await expect.poll(() => found(doctors, 'O02', anyTime)).toEqual(expected)
  expect(await found(doctors, 'O02'), 'five minutes are not over').toEqual([])
  await other.query("ROLLBACK PREPARED 'o''02'")
})

test('O03 reports a session that waits for a lock, and whom it waits for', async () => {
  const [doctors, holder, waiter] = await Promise.all(
    [server.url, server.url, server.url].map(url => session(url)),
  )
  if (!doctors || !holder || !waiter) throw new Error('three sessions')
  await holder.query('CREATE TABLE o03 (id bigint)')
  await holder.query('BEGIN; LOCK TABLE o03')
  expect(await found(doctors, 'O03')).toEqual([])
  const pid = (await waiter.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  const waiting = waiter.query("SELECT 'secret', 4711 FROM o03")
  await expect.poll(() => found(doctors, 'O03')).toEqual([`session ${pid}`])
  const { findings } = await doctor(doctors, { only: ['O03'] })
  expect(findings[0]?.evidence).toMatch(/^waits for \d+ since \S+ s: SELECT \?, \? FROM o03$/)
  await holder.query('ROLLBACK')
  await waiting
  expect(await found(doctors, 'O03')).toEqual([])
})

test('O04 reports a slot that nobody reads, and not one that ends with its session', async () => {
  const client = await session(server.url)
  await client.query("SELECT pg_create_physical_replication_slot('temporary_slot', true, true)")
  expect(await found(client, 'O04')).toEqual([])
  await client.query("SELECT pg_create_physical_replication_slot('forgotten', true)")
  expect(await found(client, 'O04')).toEqual(['slot forgotten'])
  await client.query("SELECT pg_drop_replication_slot('forgotten')")
})

test('O05 reports a login without limits, and not one that has them', async () => {
  const client = await session(server.url)
  await client.query('CREATE ROLE hasty LOGIN; CREATE ROLE calm LOGIN; ALTER ROLE hasty SET lock_timeout = 0')
  for (const name of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
    await client.query(`ALTER ROLE calm SET ${name} = '10s'`)
  }
  expect(await found(client, 'O05')).toEqual(['role hasty'])
  await client.query('DROP ROLE hasty; DROP ROLE calm')
})

test('O06 reports what is off for the whole server', async () => {
  const client = await session(server.url)
  expect(await found(client, 'O06')).toEqual(['fsync', 'full_page_writes'])
})

test('O07 reports an extension whose objects are older than its files', async () => {
  const client = await session(server.url)
  await client.query('CREATE EXTENSION pg_trgm')
  expect(await found(client, 'O07')).toEqual([])
  await client.query("CREATE EXTENSION hstore VERSION '1.4'")
  expect(await found(client, 'O07')).toEqual(['extension hstore'])
  await client.query('ALTER EXTENSION hstore UPDATE')
  expect(await found(client, 'O07')).toEqual([])
  await client.query('DROP EXTENSION hstore, pg_trgm')
})

test('O08 reports an archiver that fails', async () => {
  const client = await session(server.url)
  expect(await found(client, 'O08')).toEqual([])
  await client.query("ALTER SYSTEM SET archive_command = 'false'")
  await client.query('SELECT pg_reload_conf()')
  await client.query('CREATE TABLE o08 ()')
  await client.query('SELECT pg_switch_wal()')
  await expect.poll(() => found(client, 'O08')).toEqual(['archiver'])
  await client.query('ALTER SYSTEM RESET archive_command')
  await client.query('SELECT pg_reload_conf()')
})

test('O10 reports a job whose last run failed, and not one that works again', async () => {
  const client = await session(server.url)
  expect(await found(client, 'O10')).toEqual([])
  await client.query(`
    CREATE SCHEMA cron;
    CREATE TABLE cron.job (jobid bigint, jobname text, active boolean, database text);
    CREATE TABLE cron.job_run_details (runid bigint, jobid bigint, status text, return_message text, start_time timestamptz);
    INSERT INTO cron.job VALUES (1, 'refresh', true, current_database()), (2, 'clean', true, current_database());
    INSERT INTO cron.job_run_details VALUES (1, 1, 'succeeded', '', now()), (2, 1, 'failed', 'no such view', now()),
      (3, 2, 'failed', 'once', now()), (4, 2, 'succeeded', '', now()), (5, 1, 'running', '', now())`)
  expect(await found(client, 'O10')).toEqual(["job 'refresh'"])
  await client.query('DROP SCHEMA cron CASCADE')
})

test('L01 reports a server whose connections are nearly used up', async () => {
  const client = await session(server.url)
  expect(await found(client, 'L01')).toEqual([])
  for (let count = 0; count < 22; count += 1) await session(server.url)
  expect(await found(client, 'L01')).toEqual(['server'])
})

test('L02 reports many sessions that sleep inside a transaction', async () => {
  const client = await session(server.url)
  expect(await found(client, 'L02')).toEqual([])
  for (let count = 0; count < 5; count += 1) await (await session(server.url)).query('BEGIN')
  await expect.poll(() => found(client, 'L02')).toEqual(['sessions idle in transaction'])
})

test('L04 reports what an earlier user left with the connection, until it is discarded', async () => {
  const client = await session(server.url)
  expect(await found(client, 'L04')).toEqual([])
  await client.query(
    "SET work_mem = '5MB'; LISTEN news; SELECT pg_advisory_lock(7); CREATE TEMP TABLE scratch ()",
  )
  expect(await found(client, 'L04')).toEqual([
    'connection: LISTEN news',
    'connection: advisory lock of the session',
    'connection: setting work_mem',
    'connection: temporary table scratch',
  ])
  await client.query('DISCARD ALL')
  expect(await found(client, 'L04')).toEqual([])
})

test('L05 reports sessions without a name, and S22 those of a superuser from a program', async () => {
  const client = await session(server.url)
  expect([await found(client, 'L05'), await found(client, 'S22')]).toEqual([[], []])
  await session(server.url, { application_name: undefined })
  expect([await found(client, 'L05'), await found(client, 'S22')]).toEqual([
    ['role postgres'],
    ['role postgres'],
  ])
})

test('S22 reports a password that is stored as an md5 hash', async () => {
  const client = await session(server.url)
  await client.query(
    `SET password_encryption = 'md5'; CREATE ROLE weak LOGIN PASSWORD '${newPassword()}'; RESET password_encryption`,
  )
  onTestFinished(() => client.query('DROP ROLE weak').then(() => {}))
  expect(await found(client, 'S22')).toEqual(['role weak'])
})

test('S04 reports the login that policies do not bind: an owner without FORCE, a superuser', async () => {
  const client = await session(server.url)
  const password = newPassword()
  await client.query(
    `CREATE ROLE keeper LOGIN PASSWORD '${password}'; GRANT CREATE ON SCHEMA public TO keeper`,
  )
  const keeper = await session(as(server.url, 'keeper', password))
  await keeper.query('CREATE TABLE s04 (id bigint PRIMARY KEY)')
  expect([await found(keeper, 'S04'), await found(client, 'S04')]).toEqual([[], []])
  await keeper.query('ALTER TABLE s04 ENABLE ROW LEVEL SECURITY')
  expect([await found(keeper, 'S04'), await found(client, 'S04')]).toEqual([
    ['public.s04'],
    ['role postgres'],
  ])
  await keeper.query('ALTER TABLE s04 FORCE ROW LEVEL SECURITY')
  expect(await found(keeper, 'S04')).toEqual([])
  await client.query('DROP OWNED BY keeper; DROP ROLE keeper')
})

test('S17 reports an extension in public, and not one in a schema of its own', async () => {
  const client = await session(server.url)
  await client.query('CREATE SCHEMA s17; CREATE EXTENSION hstore SCHEMA s17')
  expect(await found(client, 'S17')).toEqual([])
  await client.query('CREATE EXTENSION citext')
  expect(await found(client, 'S17')).toEqual(['extension citext'])
  await client.query('DROP EXTENSION citext, hstore')
})

test('P08 reports a server whose queries nobody measures', async () => {
  const client = await session(server.url)
  expect(await found(client, 'P08')).toEqual(['database postgres'])
})
