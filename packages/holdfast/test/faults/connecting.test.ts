import { type PostgresServer, startPostgres } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

/** Rows of the classification in which nothing was sent: there is no connection. On a server of their own. */

let server: PostgresServer
let admin: pg.Client

/** Few, so that a test can fill the server; three of them are for superusers. */
const MOST_CONNECTIONS = 12

beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: MOST_CONNECTIONS } })
  admin = await connectAdmin()
  await admin.query(
    "CREATE ROLE guest LOGIN PASSWORD 'right'; CREATE TABLE notes (n int); GRANT ALL ON notes TO guest",
  )
})
afterAll(async () => {
  await admin.end()
  await server[Symbol.asyncDispose]()
})

async function connectAdmin(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function connectGuest(): Promise<pg.Client> {
  const client = new pg.Client(asGuest())
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A pool whose failures to connect can be awaited. */
function openPool(options: PoolOptions = {}) {
  const failures: { code?: string; cause?: { code?: string } }[] = []
  let tell: () => void = () => undefined
  const pool = new Pool({
    connectionString: server.url,
    max: 2,
    connectionTimeoutMillis: 60_000,
    log: (message: string, error?: Error) => {
      if (message !== 'client failed to connect') return
      failures.push(error as never)
      tell()
    },
    ...options,
  })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end({ timeout: 5_000 }))
  const failed = new Promise<void>(resolve => {
    tell = resolve
  })
  return { pool, failures, failed }
}

/** Ends the connections of a pool, so that the next query has to connect. */
const disconnect = (user: string) =>
  admin.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
    [user],
  )

const asGuest = () => ({
  connectionString: Object.assign(new URL(server.url), { username: 'guest', password: 'right' }).href,
})

const INSERT = 'INSERT INTO notes VALUES ($1)'
const count = async (n: number) => (await admin.query('SELECT 1 FROM notes WHERE n = $1', [n])).rowCount

test('ECONNREFUSED: while a server restarts, queries, transactions and borrowers wait for it', async () => {
  const { pool, failures, failed } = openPool()
  await pool.query('SELECT 1')
  await admin.end()
  await server.stop()
  const pending = [
    pool.query(INSERT, [1]),
    pool.transaction(tx => tx.query(INSERT, [2])),
    pool.connect().then(client => client.release()),
  ]
  await failed
  await expect.poll(() => failures.length, { interval: 5, timeout: 30_000 }).toBeGreaterThan(3)
  await server.start()
  admin = await connectAdmin()
  await Promise.all(pending)
  expect(failures[0]?.cause?.code).toBe('ECONNREFUSED')
  expect([await count(1), await count(2)]).toEqual([1, 1])
})

test('ECONNREFUSED: a server that was never reached is told of soon, and health at once', async () => {
  const { port } = server
  const { pool } = openPool({ connectionString: `postgres://nobody@127.0.0.1:${port === 1 ? 2 : 1}/none` })
  await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'HOLDFAST_CONNECT_REFUSED' })
  expect((await pool.health()).healthy).toBe(false)
})

test('57P03: while a server shuts down, it is waited for', async () => {
  const { pool, failures, failed } = openPool()
  await pool.query('SELECT 1')
  const holder = await connectAdmin()
  const stopped = server.stop({ mode: 'smart' })
  const isRefusing = () =>
    connectAdmin().then(
      client => client.end(),
      error => error.code,
    )
  await expect.poll(isRefusing, { interval: 5 }).toBe('57P03')
  await holder.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = $1',
    ['client backend'],
  )
  const pending = pool.query(INSERT, [3])
  await failed
  expect(failures[0]?.code).toBe('57P03')
  await holder.end()
  await stopped
  await server.start()
  admin = await connectAdmin()
  await pending
  expect(await count(3)).toBe(1)
})

test('53300: while there are too many connections, one is waited for', async () => {
  const { pool, failures, failed } = openPool(asGuest())
  await pool.query('SELECT 1')
  await disconnect('guest')
  await admin.query('ALTER ROLE guest CONNECTION LIMIT 0')
  const pending = pool.query(INSERT, [4])
  await failed
  expect(failures[0]?.code).toBe('53300')
  await admin.query('ALTER ROLE guest CONNECTION LIMIT -1')
  await pending
  expect(await count(4)).toBe(1)
})

test('53300: a pool keeps to what a full server let it have, and leaves what gets free to others', async () => {
  const others = await Promise.all(Array.from({ length: 5 }, connectGuest))
  const { pool, failures } = openPool({ ...asGuest(), max: 20 })
  const load = () => Promise.all(Array.from({ length: 40 }, () => pool.query('SELECT pg_sleep(0.01)')))
  while (failures.length === 0) await load()
  expect(failures[0]?.code).toBe('53300')
  for (const other of others) await other.end()
  const connected = "SELECT FROM pg_stat_activity WHERE usename = 'guest'"
  await expect.poll(async () => (await admin.query(connected)).rowCount).toBeLessThanOrEqual(3)
  for (let round = 0; round < 12; round++) await load()
  expect(pool.totalCount).toBeLessThanOrEqual(MOST_CONNECTIONS - 3 - 1 - others.length)
  const late = await Promise.all(Array.from({ length: 3 }, connectGuest))
  for (const other of late) await other.end()
})

test('08001: what a login trigger or a gateway says about itself passes', async () => {
  await admin.query(`
    CREATE FUNCTION refuse() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
      BEGIN IF session_user = 'guest' THEN RAISE EXCEPTION 'not now' USING ERRCODE = '08001'; END IF; END $$;
    CREATE EVENT TRIGGER refusing ON login EXECUTE FUNCTION refuse();
    ALTER EVENT TRIGGER refusing DISABLE`)
  const { pool, failures, failed } = openPool(asGuest())
  await pool.query('SELECT 1')
  await disconnect('guest')
  await admin.query('ALTER EVENT TRIGGER refusing ENABLE')
  const pending = pool.query(INSERT, [5])
  await failed
  expect(failures[0]?.code).toBe('08001')
  await admin.query('DROP EVENT TRIGGER refusing')
  await pending
  expect(await count(5)).toBe(1)
})

test('28P01: a wrong password is tried again once, when it may be another one', async () => {
  const passwords = ['outdated', 'right', 'never asked for']
  const { pool } = openPool({
    connectionString: undefined,
    host: server.host,
    port: server.port,
    user: 'guest',
    database: 'postgres',
    password: () => passwords.shift() as string,
  })
  await pool.query('SELECT 1')
  expect(passwords).toEqual(['never asked for'])
})

test.each([
  ['28P01', "ALTER ROLE guest PASSWORD 'changed'", "ALTER ROLE guest PASSWORD 'right'"],
  ['28000', 'ALTER ROLE guest NOLOGIN', 'ALTER ROLE guest LOGIN'],
])(
  '%s: a login that is refused is tried once, or twice with a password made anew',
  async (code, change, undo) => {
    await admin.query(change)
    onTestFinished(async () => void (await admin.query(undo)))
    const fixed = openPool(asGuest())
    await expect(fixed.pool.query('SELECT 1')).rejects.toMatchObject({ code, retry: 'never' })
    expect(fixed.failures).toHaveLength(1)
    const made = openPool({
      host: server.host,
      port: server.port,
      user: 'guest',
      database: 'postgres',
      connectionString: undefined,
      password: () => 'right',
    })
    await expect(made.pool.query('SELECT 1')).rejects.toMatchObject({ code })
    expect(made.failures).toHaveLength(2)
  },
)

test('ENOTFOUND: a name that does not resolve is looked up a few times', async () => {
  const { pool, failures } = openPool({
    connectionString: 'postgres://nobody@nowhere.invalid/none',
    ssl: false,
    // It would warn that there is no TLS.
    logger: SILENT,
  })
  const error = await pool.query('SELECT 1').catch(each => each)
  expect(error).toMatchObject({ code: 'HOLDFAST_CONNECT_UNREACHABLE' })
  expect(failures.length).toBeGreaterThanOrEqual(3)
  expect(failures.length).toBeLessThan(20)
})
