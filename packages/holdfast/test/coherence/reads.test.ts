import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA =
  'CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); CREATE TABLE aging (id int PRIMARY KEY, n int);'
const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]

let world: World

beforeAll(async () => {
  const tables = { items: '1h', aging: { ttl: '1h', maxStale: '1h' } }
  world = await openWorld({ schema: SCHEMA, cache: { tables }, options: { max: 8 } })
})
beforeEach(async () => {
  await world.outside.query(
    'DELETE FROM items; INSERT INTO items VALUES (1, 0), (2, 0); DELETE FROM aging; INSERT INTO aging VALUES (1, 0)',
  )
  await world.pool.cache.invalidate({ tables: ['items', 'aging'] })
})
afterAll(() => world.close())

/** A read that {@link holdReads} makes wait. */
const HELD = 'SELECT n, (SELECT count(*)::int FROM items WHERE id = 1) AS rows FROM items WHERE id = 1'

/** A read that has read its row when it waits at gate 1. */
const GATED = {
  text: `WITH seen AS MATERIALIZED (SELECT n FROM items WHERE id = 1)
    SELECT n, pg_advisory_xact_lock_shared(1)::text FROM seen`,
  cache: { dependsOn: ['items'] },
}

/** Makes reads of `items` wait once they are planned; the result lets them go. */
async function holdReads(): Promise<() => Promise<void>> {
  await world.outside.query('BEGIN')
  await world.outside.query('LOCK TABLE items IN ACCESS EXCLUSIVE MODE')
  return async () => void (await world.outside.query('COMMIT'))
}

/** Resolves when so many backends wait for the lock. */
const waiting = (count: number) =>
  expect
    .poll(
      async () =>
        (
          await world.outside.query(
            `SELECT count(*)::int AS n FROM pg_locks WHERE relation = 'items'::regclass AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          )
        ).rows[0].n,
      { interval: 5 },
    )
    .toBe(count)

describe('One load for many readers', () => {
  test('200 identical misses at once are one query', async () => {
    const letGo = await holdReads()
    const reads = Array.from({ length: 200 }, () => world.pool.query(HELD))
    await waiting(1)
    await letGo()
    const results = await Promise.all(reads)
    expect(new Set(results.map(({ rows }) => JSON.stringify(rows))).size).toBe(1)
    expect(results.filter(({ cache }) => cache?.status === 'miss')).toHaveLength(1)
    expect(results.filter(({ cache }) => cache?.status === 'hit')).toHaveLength(199)
  })

  test('a reader does not join a load that began before a write he knows of', async () => {
    const open = await world.closeGate(1)
    const before = world.pool.query(GATED)
    await world.reached(1)
    await world.pool.query('UPDATE items SET n = 1 WHERE id = 1')
    const after = world.pool.query(GATED)
    await open()
    expect(await before).toMatchObject({ rows: [{ n: 0 }], cache: { status: 'miss' } })
    expect(await after).toMatchObject({ rows: [{ n: 1 }], cache: { status: 'miss' } })
    expect(await world.pool.query(GATED)).toMatchObject({ rows: [{ n: 1 }], cache: { status: 'hit' } })
  })

  test('what was loaded before a write is not kept after it', async () => {
    const open = await world.closeGate(1)
    const before = world.pool.query(GATED)
    await world.reached(1)
    await world.pool.query('UPDATE items SET n = 2 WHERE id = 1')
    await open()
    expect(await before).toMatchObject({ rows: [{ n: 0 }], cache: { status: 'miss' } })
    expect(await world.pool.query(GATED)).toMatchObject({ rows: [{ n: 2 }], cache: { status: 'miss' } })
  })

  test('a reader who gives up leaves the others their answer', async () => {
    const letGo = await holdReads()
    const aborted = new AbortController()
    const first = world.pool.query({ text: HELD, signal: aborted.signal })
    await waiting(1)
    const others = [world.pool.query(HELD), world.pool.query(HELD)]
    const impatient = new AbortController()
    const joined = world.pool.query({ text: HELD, signal: impatient.signal })
    impatient.abort()
    await expect(joined).rejects.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    aborted.abort()
    await expect(first).rejects.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    await waiting(1)
    await letGo()
    for (const { rows } of await Promise.all(others)) expect(rows).toEqual([{ n: 0, rows: 1 }])
  })

  test('an error of the server is the answer to everybody who asked, and is not kept', async () => {
    const letGo = await holdReads()
    const text = 'SELECT 1 / n AS x FROM items WHERE id = 1'
    const reads = Promise.allSettled([1, 2, 3].map(() => world.pool.query(text)))
    await waiting(1)
    await letGo()
    for (const { status, reason } of (await reads) as PromiseRejectedResult[])
      expect({ status, code: reason.code }).toEqual({ status: 'rejected', code: '22012' })
    await world.pool.query('UPDATE items SET n = 1 WHERE id = 1')
    expect((await world.pool.query(text)).rows).toEqual([{ x: 1 }])
  })
})

describe('Reads within transactions', () => {
  test('neither answer from the cache nor fill it', async () => {
    const client = await world.pool.connect()
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    expect((await client.query('SELECT n FROM items WHERE id = 2')).rows).toEqual([{ n: 0 }])
    await world.pool.query('UPDATE items SET n = 5')
    await world.keep(ONE)
    const old = await client.query(ONE[0], [1])
    expect(old.rows).toEqual([{ id: 1, n: 0 }])
    await world.expectCurrent(ONE, ['SELECT n FROM items WHERE id = 2'])
    await client.query('COMMIT')
    client.release()
    await world.expectCurrent(ONE)
  })

  test('see what the transaction itself has written', async () => {
    await world.keep(ONE)
    await world.pool.transaction(async tx => {
      await tx.query('UPDATE items SET n = 6 WHERE id = 1')
      expect((await tx.query(ONE[0], [1])).rows).toEqual([{ id: 1, n: 6 }])
      expect((await world.pool.query(ONE[0], [1])).rows).toEqual([{ id: 1, n: 0 }])
    })
    await world.expectCurrent(ONE)
  })

  test('of one snapshot see one state of the database, whatever is cached', async () => {
    await world.keep(ONE)
    const seen = await world.pool.snapshot(async tx => {
      const first = (await tx.query('SELECT n FROM items WHERE id = 1')).rows
      await world.pool.query('UPDATE items SET n = 7')
      await world.expectCurrent(ONE)
      return [
        first,
        (await tx.query('SELECT n FROM items WHERE id = 1')).rows,
        (await tx.query('SELECT sum(n)::int AS n FROM items')).rows,
      ]
    })
    expect(seen).toEqual([[{ n: 0 }], [{ n: 0 }], [{ n: 0 }]])
    const write = world.pool.snapshot(tx => tx.query('UPDATE items SET n = 8'))
    await expect(write).rejects.toMatchObject({ code: '25006' })
  })
})

describe('What is not there', () => {
  test('a row that did not exist is seen once it is inserted, also by its key', async () => {
    const absent: Read = ['SELECT * FROM items WHERE id = $1', 9]
    const none: Read = ['SELECT * FROM items WHERE n > $1', 100]
    await world.expectSeen(() => world.pool.query('INSERT INTO items VALUES (9, 900)'), absent, none)
    await world.expectSeen(() => world.pool.query('DELETE FROM items WHERE id = 9'), absent, none)
  })
})

describe('Stale results', () => {
  const AGING = 'SELECT n FROM aging WHERE id = 1'

  test('are served only to who asked for them, and say so', async () => {
    await world.pool.query(ONE[0], [1])
    await world.pool.query('UPDATE items SET n = 1 WHERE id = 1')
    expect(await world.pool.query(ONE[0], [1])).toMatchObject({ rows: [{ n: 1 }], cache: { status: 'miss' } })
    const patient = { text: 'SELECT n FROM items WHERE id = 1', cache: { maxStale: '1m' } } as const
    await world.pool.query(patient)
    await world.pool.query('UPDATE items SET n = 2 WHERE id = 1')
    const stale = await world.pool.query(patient)
    expect(stale).toMatchObject({ rows: [{ n: 1 }], cache: { status: 'stale', tier: 'memory' } })
    expect(stale.cache?.age).toBeGreaterThanOrEqual(0)
    expect((await world.pool.query(patient.text)).rows).toEqual([{ n: 2 }])
    await expect.poll(async () => (await world.pool.query(patient)).rows).toEqual([{ n: 2 }])
    expect(world.pool.cache.stats().stale).toBeGreaterThan(0)
  })

  test('are served where the table allows them, and never to a query that forbids it', async () => {
    await world.pool.query(AGING)
    await world.pool.query('UPDATE aging SET n = 1')
    expect((await world.pool.query(AGING)).cache?.status).toBe('stale')
    const fresh = await world.pool.query({ text: AGING, cache: { maxStale: 0 } })
    expect(fresh.rows).toEqual([{ n: 1 }])
  })
})
