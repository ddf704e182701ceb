import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import type { Pool } from 'holdfast'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { clusterPool, eventually, outside, PORT, portOf } from '../support/cluster-pool.js'

let cluster: PostgresCluster
let primary: PostgresServer
let standby: PostgresServer
let pool: Pool

beforeAll(async () => {
  cluster = await startCluster()
  primary = cluster.primary
  standby = cluster.standbys[0] as PostgresServer
  await outside(primary, 'CREATE TABLE users (id int PRIMARY KEY, name text)')
  await outside(primary, 'CREATE TABLE notes (id int PRIMARY KEY, text text)')
  await outside(primary, "INSERT INTO users VALUES (1, 'old')")
  await cluster.caughtUp(standby)
})
beforeEach(async () => {
  await cluster.resumeReplay(standby)
  pool = clusterPool({
    connectionString: primary.url,
    replicas: [`postgres://127.0.0.1:${standby.port}`],
    cache: { tables: { users: '1h' } },
  })
  await pool.query(PORT)
  await expect.poll(() => pool.nodes().at(-1)?.reads, { timeout: 30_000 }).toBe('serving')
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const READ = 'SELECT name FROM users WHERE id = 1'
/** A read that says it may be as old as the replica likes. */
const OLD = { readOnly: true, after: '0-0' }

test('a replica that is behind never fills the cache, however old the answer may be (H6)', async () => {
  await pool.query(READ)
  await cluster.pauseReplay(standby)
  await pool.query("UPDATE users SET name = 'new' WHERE id = 1")
  const filled = await pool.query({ ...OLD, text: READ })
  expect(filled.cache).toMatchObject({ status: 'miss' })
  expect(filled.rows).toEqual([{ name: 'new' }])
  const kept = await pool.query(READ)
  expect(kept.cache).toMatchObject({ status: 'hit' })
  expect(kept.rows).toEqual([{ name: 'new' }])
})

test('a token that is none is refused, whether or not the answer is kept', async () => {
  await pool.query(READ)
  expect((await pool.query(READ)).cache).toMatchObject({ status: 'hit' })
  const query = { readOnly: true, after: 'nonsense', text: READ }
  await expect(pool.query(query)).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS', path: 'after' })
  expect((await pool.query({ ...query, after: '0-0' })).cache).toMatchObject({ status: 'hit' })
})

test('while a write is under way, a cacheable read is answered by the primary (H6)', async () => {
  await cluster.pauseReplay(standby)
  await pool.query("UPDATE users SET name = 'newer' WHERE id = 1")
  const reads = Array.from({ length: 20 }, async () => {
    await pool.query("UPDATE users SET name = 'newer' WHERE id = 1")
    return (await pool.query({ ...OLD, text: READ })).rows[0].name
  })
  expect(new Set(await Promise.all(reads))).toEqual(new Set(['newer']))
})

test('what cannot be kept goes to a replica when it says that it changes nothing, and only then', async () => {
  const text = `${PORT}, count(*) FROM notes`
  expect(await portOf(pool.query(text))).toBe(primary.port)
  await eventually(() => pool.query({ ...OLD, text }), standby)
})

// Last: afterwards the servers go different ways.
test('a pool on a standby keeps nothing, and begins to when the standby is promoted under its connections (H18)', async () => {
  const own = clusterPool({ connectionString: standby.url, max: 1, cache: { tables: { users: '1h' } } })
  const pid = async () => (await own.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  const before = await pid()
  for (let read = 0; read < 2; read++) {
    expect((await own.query(READ)).cache).toMatchObject({ status: 'bypass', reason: 'standby' })
  }
  await cluster.promote()
  // The server tells of it with its next answer.
  await own.query('SELECT 1')
  await own.query("UPDATE users SET name = 'written' WHERE id = 1")
  await own.query(READ)
  const kept = await own.query(READ)
  expect(kept.cache).toMatchObject({ status: 'hit' })
  expect(kept.rows).toEqual([{ name: 'written' }])
  expect(await pid()).toBe(before)
})
