import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clusterPool, eventually, outside, PORT, portOf } from '../support/cluster-pool.js'
import { rejection } from '../support/contender.js'

let cluster: PostgresCluster
let primary: PostgresServer
let first: PostgresServer
let second: PostgresServer

beforeAll(async () => {
  cluster = await startCluster({ standbys: 2 })
  primary = cluster.primary
  ;[first, second] = cluster.standbys as [PostgresServer, PostgresServer]
  await outside(primary, 'CREATE TABLE notes (id int PRIMARY KEY, text text)')
})
beforeEach(async () => {
  for (const standby of [first, second]) {
    await cluster.resumeReplay(standby)
    await cluster.caughtUp(standby)
  }
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const place = (server: PostgresServer) => `postgres://127.0.0.1:${server.port}`

/** A pool on the primary with the given replicas, once it has looked at them. */
async function withReplicas(replicas: readonly PostgresServer[], options = {}): Promise<Pool> {
  const pool = clusterPool({ connectionString: primary.url, replicas: replicas.map(place), ...options })
  await pool.query('SELECT 1')
  await serving(pool, replicas.length)
  return pool
}

async function serving(pool: Pool, count: number): Promise<void> {
  const number = () => pool.nodes().filter(({ reads }) => reads === 'serving').length
  await expect.poll(number, { timeout: 30_000 }).toBe(count)
}

const READ = { text: PORT, readOnly: true }
const NOTES = { text: 'SELECT id, text FROM notes ORDER BY id', readOnly: true }
let id = 0
const INSERT = () => `INSERT INTO notes VALUES (${++id}, 'text')`

describe('reads', () => {
  test('go to a replica when they say that they change nothing, everything else to the primary', async () => {
    const pool = await withReplicas([first])
    // Whatever has just been written has to be seen.
    await eventually(() => pool.query(READ), first)
    expect(await portOf(pool.query(PORT))).toBe(primary.port)
    expect(await portOf(pool.query({ ...READ, readOnly: false }))).toBe(primary.port)
    expect(await pool.transaction(async tx => portOf(tx.query(READ)))).toBe(primary.port)
    expect(await pool.snapshot(async tx => portOf(tx.query(PORT)))).toBe(primary.port)
  })

  test('go to a replica under an identity too, and what it sees is that identity’s', async () => {
    const role = `reader_${primary.port}`
    await outside(
      primary,
      `CREATE ROLE ${role}; CREATE TABLE own (sub text); INSERT INTO own VALUES ('a'), ('b');
       ALTER TABLE own ENABLE ROW LEVEL SECURITY; GRANT SELECT ON own TO ${role};
       CREATE POLICY own ON own TO ${role} USING (sub = current_setting('request.jwt.claims')::jsonb ->> 'sub')`,
    )
    await cluster.caughtUp(first)
    const pool = await withReplicas([first], { rls: { roles: [role] } })
    const as = (sub: string) => pool.as({ role, claims: { sub } })
    await eventually(() => as('a').query(READ), first)
    const own = { text: `SELECT sub, current_setting('port')::int AS port FROM own`, readOnly: true }
    await expect
      .poll(async () =>
        (await Promise.all(['a', 'b'].map(sub => as(sub).query(own)))).map(({ rows }) => rows),
      )
      .toEqual([[{ sub: 'a', port: first.port }], [{ sub: 'b', port: first.port }]])
    expect(
      (await pool.query({ text: 'SELECT current_user <> $1 AS left', values: [role], readOnly: true })).rows,
    ).toEqual([{ left: true }])
  })

  test('are spread over all replicas', async () => {
    const pool = await withReplicas([first, second])
    const seen = new Set<number>()
    await expect
      .poll(
        async () => {
          seen.add(await portOf(pool.query(READ)))
          return [...seen].filter(port => port !== primary.port).length
        },
        { interval: 1, timeout: 20_000 },
      )
      .toBe(2)
  })

  test('may use the standbys among the hosts', async () => {
    const pool = clusterPool({ connectionString: cluster.url(), replicas: { standbys: true } })
    expect(await portOf(pool.query(PORT))).toBe(primary.port)
    await serving(pool, 2)
    await expect.poll(() => portOf(pool.query(READ)), { timeout: 10_000 }).not.toBe(primary.port)
  })

  test('that a standby cannot answer are answered by the primary', async () => {
    const pool = await withReplicas([first])
    const locking = { text: 'SELECT id FROM notes FOR UPDATE', readOnly: true }
    await expect(pool.query(locking)).resolves.toMatchObject({ command: 'SELECT' })
    const writing = { text: `${INSERT()} RETURNING current_setting('port')::int AS port`, readOnly: true }
    expect(await portOf(pool.query(writing))).toBe(primary.port)
    expect((await pool.query(NOTES)).rows.map(row => row.id)).toContain(id)
  })

  test('go there for a role without privileges as well', async () => {
    await outside(primary, "CREATE ROLE plain LOGIN PASSWORD 'plain-password'")
    await cluster.caughtUp(first)
    const connectionString = primary.url.replace(/\/\/.*@/, '//plain:plain-password@')
    const pool = clusterPool({ connectionString, replicas: [place(first)] })
    await pool.query('CREATE TEMPORARY TABLE scratch ()')
    await eventually(() => pool.query(READ), first)
  })

  test('whose own fault the error is get it from the replica', async () => {
    const pool = await withReplicas([first])
    await expect(pool.query({ text: 'SELECT nothing', readOnly: true })).rejects.toMatchObject({
      code: '42703',
    })
  })
})

describe('read your writes', () => {
  test('a read after an acknowledged write sees it, whichever way it was written', async () => {
    const pool = await withReplicas([first, second])
    const client = await pool.connect()
    const ways: (() => Promise<unknown>)[] = [
      () => pool.query(INSERT()),
      () => pool.transaction(tx => tx.query(INSERT())),
      () => client.query(INSERT()),
      async () => {
        await client.query('BEGIN')
        await client.query(INSERT())
        await client.query('COMMIT')
      },
      () =>
        new Promise((resolve, reject) =>
          client.query(new pg.Query(INSERT(), undefined, error => (error ? reject(error) : resolve(0)))),
        ),
      () => pool.query({ text: `SET synchronous_commit = off; ${INSERT()}` }),
    ]
    for (let round = 0; round < 40; round++) {
      await ways[round % ways.length]?.()
      const { rows } = await pool.query(NOTES)
      expect(rows.at(-1)?.id, `write ${round}`).toBe(id)
    }
    client.release()
  })

  test('a replica whose replay is held back is passed over until it has caught up', async () => {
    const pool = await withReplicas([first])
    await cluster.pauseReplay(first)
    await pool.query(INSERT())
    const { rows } = await pool.query(NOTES)
    expect(rows.at(-1)?.id).toBe(id)
    expect(await portOf(pool.query(READ))).toBe(primary.port)
    await cluster.resumeReplay(first)
    await eventually(() => pool.query(READ), first)
    expect((await pool.query(NOTES)).rows.at(-1)?.id).toBe(id)
  })

  test('a replica that has caught up serves while another one is held back', async () => {
    const pool = await withReplicas([first, second])
    await cluster.pauseReplay(first)
    await pool.query(INSERT())
    await cluster.caughtUp(second)
    for (let i = 0; i < 10; i++) expect((await pool.query(NOTES)).rows.at(-1)?.id).toBe(id)
    await eventually(() => pool.query(READ), second)
  })

  test('a token takes the promise to another process', async () => {
    const writer = clusterPool({ connectionString: primary.url, replicas: [place(second)] })
    const reader = await withReplicas([first])
    await cluster.pauseReplay(first)
    await writer.query(INSERT())
    const after = await writer.writeToken()
    expect(after).toMatch(/^[0-9a-f]{1,8}-[0-9a-f]{1,16}$/)
    expect((await reader.query({ ...NOTES, after })).rows.at(-1)?.id).toBe(id)
    expect(await portOf(reader.query({ ...READ, after }))).toBe(primary.port)
    // Who brings no token gets what this pool itself has promised.
    await eventually(() => reader.query({ ...READ, after: '0-0' }), first)
    await cluster.resumeReplay(first)
    await eventually(() => reader.query({ ...READ, after }), first)
  })

  test.each([
    ['empty', ''],
    ['SQL', "1-1'; DROP TABLE notes; --"],
    ['huge', `1-${'f'.repeat(1_000_000)}`],
    ['a number', 1],
  ])('a token that is %s is refused before anything is sent, without being repeated', async (_, after) => {
    const pool = await withReplicas([first])
    const error = await rejection(pool.query({ ...READ, after: after as string }))
    expect(error).toMatchObject({ code: 'HOLDFAST_OPTIONS', path: 'after' })
    expect(error.message).not.toMatch(/DROP|fff/)
  })

  test('a token from the future costs a question and is answered by the primary', async () => {
    const pool = await withReplicas([first])
    expect(await portOf(pool.query({ ...READ, after: 'ffffffff-ffffffffffffffff' }))).toBe(primary.port)
  })

  test('a pool without replicas has a token that every server has reached', async () => {
    const plain = new Pool({ connectionString: primary.url })
    const token = await plain.writeToken()
    await plain.end()
    const pool = await withReplicas([first])
    await eventually(() => pool.query({ ...READ, after: token }), first)
    expect(plain.nodes()).toEqual([])
  })
})
