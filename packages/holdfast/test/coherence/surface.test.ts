import { Pool } from 'holdfast'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]

let world: World

beforeAll(async () => {
  const schema = `CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); CREATE TABLE "Odd.name" (id int PRIMARY KEY);
    CREATE TABLE fickle (id int PRIMARY KEY, n int); CREATE TABLE foreign_one (id int)`
  world = await openWorld({ schema, cache: { tables: { items: '1h', '"Odd.name"': '2h', fickle: '1h' } } })
})
beforeEach(async () => {
  await world.outside.query('DELETE FROM items; INSERT INTO items VALUES (1, 0), (2, 0)')
  await world.pool.cache.invalidate({ tables: ['items'] })
})
afterAll(() => world.close())

describe('pool.cache.invalidate', () => {
  test('makes the next read ask the database, of the named tables alone', async () => {
    const odd: Read = ['SELECT * FROM "Odd.name"']
    await world.keep(ONE, odd)
    await world.outside.query('UPDATE items SET n = 9')
    await world.pool.cache.invalidate({ tables: ['items'] })
    expect([await world.statusOf(...ONE), await world.statusOf(...odd)]).toEqual(['miss', 'hit'])
    await world.expectCurrent(ONE)
    await world.pool.cache.invalidate({ tables: [] })
    expect(await world.statusOf(...ONE)).toBe('hit')
  })

  test.each([
    [{ tables: ['nowhere'] }, 'tables'],
    [{ tables: 'items' }, 'tables'],
    [{ tables: [1] }, 'tables'],
    [{ table: ['items'] }, 'table'],
    [{}, 'tables'],
    [undefined, 'options'],
    [null, 'options'],
  ])('refuses %j and says what it expects', async (given, path) => {
    await world.keep(ONE)
    const refused = world.pool.cache.invalidate(given as never)
    await expect(refused).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS', path })
    expect(await world.statusOf(...ONE)).toBe('hit')
  })
})

describe('pool.cache.explain', () => {
  test('says what a read depends on, without running it', async () => {
    expect(await world.pool.cache.explain('SELECT 1 / n FROM items WHERE id = $1', [1])).toMatchObject({
      cacheable: true,
      kind: 'read',
      dependsOn: ['public.items by id'],
      tags: [expect.stringMatching(/:\*$/), expect.stringMatching(/:1=[\w-]{22}$/)],
      ttl: 3_600_000,
      consistency: 'strict',
    })
  })

  test('says why not', async () => {
    const reasons = await Promise.all(
      [
        'SELECT * FROM foreign_one',
        'SELECT n FROM items FOR UPDATE',
        'UPDATE items SET n = 1',
        'BEGIN',
        'nonsense',
        '',
      ].map(async text => (await world.pool.cache.explain(text)).reason),
    )
    expect(reasons).toEqual([
      'table-not-opted-in',
      'row-locks',
      'not-a-select',
      'not-a-select',
      'not-a-select',
      'not-a-select',
    ])
    expect(await world.pool.cache.explain('DELETE FROM items')).toMatchObject({
      kind: 'write',
      writes: ['delete public.items'],
    })
  })

  test.each([undefined, null, 7, { text: 'SELECT 1' }])('refuses %j as a text', async given => {
    await expect(world.pool.cache.explain(given as never)).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS' })
  })
})

describe('pool.cache.stats', () => {
  test('counts hits, misses, bypasses and what is kept', async () => {
    const before = world.pool.cache.stats()
    await world.keep(ONE)
    await world.pool.query({ text: ONE[0], values: [1], cache: false })
    const after = world.pool.cache.stats()
    expect([after.hits.memory - before.hits.memory, after.misses - before.misses]).toEqual([1, 1])
    expect((after.bypasses['asked-not-to'] ?? 0) - (before.bypasses['asked-not-to'] ?? 0)).toBe(1)
    expect(after).toMatchObject({ enabled: true, unmarked: 0 })
    expect(after.bytes).toBeGreaterThan(0)
    expect(after.hitPercent).toBeGreaterThan(0)
    expect(after.redis).toBeUndefined()
  })
})

describe('What a query says about caching', () => {
  test('false: it neither takes nor leaves anything, also when it is kept already', async () => {
    await world.keep(ONE)
    await world.outside.query('UPDATE items SET n = 4')
    const asked = await world.pool.query({ text: ONE[0], values: [1], cache: false })
    expect([asked.rows, asked.cache]).toEqual([
      [{ id: 1, n: 4 }],
      { status: 'bypass', reason: 'asked-not-to' },
    ])
  })

  test.each([
    [{ ttl: 'soon' }, 'cache.ttl'],
    [{ ttl: 0 }, 'cache.ttl'],
    [{ ttl: -1 }, 'cache.ttl'],
    [{ maxStale: 'x' }, 'cache.maxStale'],
    [{ consistency: 'maybe' }, 'cache.consistency'],
    [{ dependsOn: 'items' }, 'cache.dependsOn'],
    [{ dependsOn: ['nowhere'] }, 'cache.dependsOn'],
    [{ tags: [] }, 'cache.tags'],
    [true, 'cache.'],
    [null, 'cache.'],
    [[], 'cache.'],
    [7, 'cache.'],
  ])('%j is refused, before and after the result is kept', async (cache, path) => {
    const ask = () => world.pool.query({ text: ONE[0], values: [1], cache } as never)
    await expect(ask()).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS', path })
    await world.keep(ONE)
    await expect(ask()).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS', path })
  })
})

describe('The options of the cache', () => {
  test.each([
    [{}, 'cache.tables'],
    [{ tables: {} }, 'cache.tables'],
    [{ tables: [] }, 'cache.tables'],
    [{ tables: 'items' }, 'cache.tables'],
    [{ tables: { items: 0 } }, 'cache.tables.items'],
    [{ tables: { items: -5 } }, 'cache.tables.items'],
    [{ tables: { items: 'soon' } }, 'cache.tables.items'],
    [{ tables: { items: null } }, 'cache.tables.items'],
    [{ tables: { items: {} } }, 'cache.tables.items.ttl'],
    [{ tables: { items: { ttl: '5m', keys: 'id' } } }, 'cache.tables.items.keys'],
    [{ tables: { items: { ttl: '5m', stale: 1 } } }, 'cache.tables.items.stale'],
    [{ tables: { items: '5m' }, redis: 'http://x' }, 'cache.redis'],
    [{ tables: { items: '5m' }, redis: 6379 }, 'cache.redis'],
    [{ tables: { items: '5m' }, consistency: 'maybe' }, 'cache.consistency'],
    [{ tables: { items: '5m' }, bound: 0 }, 'cache.bound'],
    [{ tables: { items: '5m' }, maxBytes: 1 }, 'cache.maxBytes'],
    [{ tables: { items: '5m' }, prefix: 'a b' }, 'cache.prefix'],
    [{ tables: { items: '5m' }, onUnmarkable: 'ignore' }, 'cache.onUnmarkable'],
    [{ tables: { items: '5m' }, context: 7 }, 'cache.context'],
    [{ tables: { items: '5m' }, shadowReads: 1.5 }, 'cache.shadowReads'],
    [{ tables: { items: '5m' }, shadowReads: Number.NaN }, 'cache.shadowReads'],
    [{ tables: { items: '5m' }, shadowReads: '1%' }, 'cache.shadowReads'],
    [{ tables: { items: '5m' }, table: {} }, 'cache.table'],
    [true, 'cache.'],
  ])('%j is refused when the pool is made', (cache, path) => {
    expect(() => new Pool({ connectionString: world.url, cache } as never)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_OPTIONS', path }),
    )
  })
})

describe('Results that nobody asks for again', () => {
  test('are not kept any more, until somebody does', async () => {
    const read = (id: number) => world.pool.query('SELECT n FROM fickle WHERE n = $1', [id])
    let statuses: (string | undefined)[] = []
    // A result counts as kept in vain when it leaves: each is pushed out by a write and the next of its key.
    for (let round = 0; round < 9; round++) {
      statuses = []
      for (let id = 0; id < 120; id++) statuses.push((await read(id)).cache?.status)
      await world.pool.query('INSERT INTO fickle VALUES ($1, 0)', [round])
    }
    expect(statuses.filter(status => status === 'bypass').length).toBeGreaterThan(60)
    expect(world.pool.cache.stats().bypasses['not-worth-keeping']).toBeGreaterThan(0)
  })
})
