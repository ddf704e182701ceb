import pg, { type Submittable } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
  CREATE FUNCTION add_item(which int) RETURNS int LANGUAGE sql AS 'INSERT INTO items VALUES (which, 0) RETURNING id';`

const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]
const TWO: Read = ['SELECT * FROM items WHERE id = $1', 2]
const ALL: Read = ['SELECT * FROM items ORDER BY id']
const CACHE = { tables: { items: '1h' } } as const

/** pg's own query object, which its types do not name as a constructor with a callback. */
const { Query } = pg as unknown as {
  Query: new (text: string, callback: (error: Error | undefined) => void) => Submittable
}

let world: World

beforeAll(async () => {
  world = await openWorld({ schema: SCHEMA, cache: CACHE })
})
beforeEach(async () => {
  await world.outside.query('DELETE FROM items; INSERT INTO items VALUES (1, 0), (2, 0)')
  await world.pool.cache.invalidate({ tables: ['items'] })
})
afterAll(() => world.close())

const borrow = async () => {
  const client = await world.pool.connect()
  let released = false
  const release = (error?: boolean) => {
    if (!released) client.release(error)
    released = true
  }
  onTestFinished(() => release(true))
  return { client, release, query: (text: string, values?: unknown[]) => client.query(text, values as never) }
}

describe('A transaction by hand', () => {
  test('shows in the next read once its COMMIT is acknowledged, and not before', async () => {
    const { query, release } = await borrow()
    await world.keep(ONE, ALL)
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 1')
    expect(await world.statusOf(...ONE)).toBe('hit')
    await world.expectSeen(() => query('COMMIT'), ONE, ALL)
    release()
  })

  test('leaves what is kept as it is when it is rolled back', async () => {
    const { query, release } = await borrow()
    await world.keep(ONE, ALL)
    await query('BEGIN')
    await query('UPDATE items SET n = 1')
    await query('ROLLBACK')
    expect([await world.statusOf(...ONE), await world.statusOf(...ALL)]).toEqual(['hit', 'hit'])
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 2')
    await query('COMMIT')
    expect([await world.statusOf(...ONE), await world.statusOf(...TWO)]).toEqual(['hit', 'miss'])
    release()
  })

  test('that failed invalidates nothing with the COMMIT that ends it', async () => {
    const { query, release } = await borrow()
    await world.keep(ONE)
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 1')
    await expect(query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
    expect((await query('COMMIT')).command).toBe('ROLLBACK')
    expect(await world.statusOf(...ONE)).toBe('hit')
    release()
  })

  test('that goes on after ROLLBACK TO shows what is left of it', async () => {
    const { query, release } = await borrow()
    await query('BEGIN')
    await query('SAVEPOINT first')
    await expect(query('INSERT INTO items VALUES (1, 1)')).rejects.toMatchObject({ code: '23505' })
    await query('ROLLBACK TO first')
    await query('UPDATE items SET n = 2 WHERE id = 2')
    await query('RELEASE first')
    await world.expectSeen(() => query('COMMIT'), TWO, ALL)
    release()
  })

  test('COMMIT AND CHAIN shows each of the transactions when it ends', async () => {
    const { query, release } = await borrow()
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 1')
    await world.expectSeen(() => query('COMMIT AND CHAIN'), ONE, ALL)
    await query('UPDATE items SET n = 2 WHERE id = 2')
    await world.keep(TWO)
    await query('ROLLBACK AND CHAIN')
    expect(await world.statusOf(...TWO)).toBe('hit')
    await query('UPDATE items SET n = 3 WHERE id = 2')
    await world.expectSeen(() => query('COMMIT'), TWO, ALL)
    release()
  })

  test('shows when the text that commits it says something else as well', async () => {
    const { query, release } = await borrow()
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 1')
    await world.expectSeen(() => query('SELECT 1; COMMIT'), ONE, ALL)
    await world.expectSeen(
      async () => {
        await query('BEGIN; UPDATE items SET n = 2 WHERE id = 1')
        await query('UPDATE items SET n = 3 WHERE id = 2; COMMIT; BEGIN')
        await query('UPDATE items SET n = 4 WHERE id = 2')
        await world.expectCurrent(ONE, TWO)
        await query('END')
      },
      ONE,
      TWO,
    )
    release()
  })

  test('shows when a query object of pg commits it', async () => {
    const { client, query, release } = await borrow()
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 1')
    await world.expectSeen(
      () =>
        new Promise<void>((resolve, reject) => {
          client.query(new Query('COMMIT', error => (error ? reject(error) : resolve())))
        }),
      ONE,
      ALL,
    )
    release()
  })

  test('shows what a cursor WITH HOLD writes while it commits', async () => {
    const { query, release } = await borrow()
    const declare = async () => {
      await query('BEGIN')
      await query('DECLARE later CURSOR WITH HOLD FOR SELECT add_item(3)')
      await world.expectCurrent(ALL)
      await query('COMMIT')
    }
    await world.expectSeen(declare, ALL, ['SELECT id FROM items WHERE id = $1', 3])
    release(true)
  })

  test('begun within a longer text, and left open when the client is given back, blocks nothing', async () => {
    const { query, release } = await borrow()
    await world.keep(ONE)
    await query('BEGIN; UPDATE items SET n = 1 WHERE id = 1')
    expect(await world.statusOf(...ONE)).toBe('bypass')
    release()
    await expect.poll(() => world.statusOf(...ONE)).toBe('hit')
  })

  test('begun within a longer text, blocks nothing once it is rolled back', async () => {
    const { query, release } = await borrow()
    await query('BEGIN; UPDATE items SET n = 1 WHERE id = 1')
    await query('ROLLBACK')
    await world.keep(ONE)
    release()
  })

  test('begun within a longer text, blocks nothing once its connection is lost', async () => {
    const { client, query, release } = await borrow()
    client.on('error', () => undefined)
    await query('BEGIN; UPDATE items SET n = 1 WHERE id = 1')
    const { rows } = await query('SELECT pg_backend_pid() AS pid')
    await world.outside.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
    await expect(query('SELECT 1')).rejects.toThrow()
    release(true)
    await expect.poll(() => world.statusOf(...ONE)).toBe('hit')
  })
})

describe('A write that its caller gives up', () => {
  test('while it waits leaves no transaction behind', async () => {
    const { client, query, release } = await borrow()
    const open = await world.closeGate(1)
    const controller = new AbortController()
    const text = 'UPDATE items SET n = 1 WHERE id = 1 AND gate(1)'
    const given = expect(client.query({ text, signal: controller.signal } as never)).rejects
    const told = given.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    await world.reached(1)
    controller.abort()
    await told
    await open()
    await world.expectSeen(() => query('UPDATE items SET n = 2 WHERE id = 2'), TWO, ALL)
    release()
  })

  test('between its answer and its COMMIT leaves no transaction behind', async () => {
    const { client, release } = await borrow()
    const controller = new AbortController()
    const types = {
      getTypeParser: () => (value: string) => {
        controller.abort()
        return value
      },
    }
    const text = 'UPDATE items SET n = 1 WHERE id = 1 RETURNING id'
    const given = { text, types, signal: controller.signal } as never
    await expect(client.query(given)).rejects.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    await client.query('UPDATE items SET n = 2 WHERE id = 2')
    release()
    expect((await world.outside.query(ALL[0])).rows).toEqual([
      { id: 1, n: 0 },
      { id: 2, n: 2 },
    ])
    await world.expectCurrent(ONE, TWO)
  })

  test('at its COMMIT can still be committed, and shows then', async () => {
    const { client, query, release } = await borrow()
    await query('BEGIN')
    await query('UPDATE items SET n = 1 WHERE id = 1')
    const given = { text: 'COMMIT', signal: AbortSignal.abort() } as never
    await expect(client.query(given)).rejects.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    await world.expectSeen(() => query('COMMIT'), ONE, ALL)
    release()
  })
})
