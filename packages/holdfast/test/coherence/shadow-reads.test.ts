import { describe, expect, test } from 'vitest'
import { startRelay } from '../support/relay.js'
import {
  closeGate,
  eventually,
  openGate,
  READ,
  see,
  type TestPool,
  WRITE,
  waitingAtGate,
  warm,
  world,
} from './redis-world.js'

const $ = world()

/** Waits at the gate while it is planned, before its snapshot. */
const LATE = 'SELECT n, gate(0) FROM item WHERE id = $1'

const counted = (pool: TestPool) => pool.cache.stats().shadowReads
const incoherent = (pool: TestPool) => pool.warnings.filter(({ code }) => code === 'cache-incoherent')

/** Begins a comparison of {@link LATE} that has not looked at the rows yet; the gate is closed then. */
async function comparing(pool: TestPool): Promise<void> {
  await warm(pool, LATE)
  await closeGate($.admin)
  let isAtGate = false
  const reading = (async () => {
    while (!isAtGate) {
      expect(await see(pool, LATE)).toEqual({ n: 0, from: 'hit memory' })
      // A hit in this process lets nothing else happen.
      await new Promise(setImmediate)
    }
  })()
  try {
    await waitingAtGate($.admin, 1)
  } finally {
    isAtGate = true
    await reading
  }
}

describe.each([
  ['in this process', { redis: undefined }],
  ['with Redis', {}],
])('a cache %s that compares its hits with the database', (_, tier) => {
  const cache = { ...tier, shadowReads: 1 } as const

  test('finds what was changed past it, tells of it without values, and serves it no more', async () => {
    const [id, n] = [8_675_309, 77_123]
    await $.admin.query('INSERT INTO item (id) VALUES ($1)', [id])
    const pool = await $.pool({ cache })
    await eventually(async () => (await see(pool, READ, id)).from).toBe('hit memory')
    await $.admin.query(WRITE, [id, n])
    await eventually(async () => (await see(pool, READ, id)).n).toBe(n)
    expect(counted(pool).incoherent).toBe(1)
    const [warning, ...others] = incoherent(pool)
    expect(others).toEqual([])
    expect(warning?.message).toContain(`public.item past the cache`)
    expect(warning?.message).toContain(`Statement: ${READ}`)
    expect(warning?.message).toMatch(/\d+:\*, \d+:1=[\w-]{22}/)
    for (const value of [id, n]) expect(warning?.message).not.toContain(String(value))
  })

  test('compares in the background: nobody waits for the database', async () => {
    const pool = await $.pool({ cache })
    await comparing(pool)
    expect(await see(pool, LATE)).toEqual({ n: 0, from: 'hit memory' })
    const before = counted(pool).compared
    await openGate($.admin)
    await eventually(() => counted(pool).compared).toBeGreaterThan(before)
    expect(counted(pool).incoherent).toBe(0)
  })

  test('reports no write that became visible in between', async () => {
    const pool = await $.pool({ cache })
    await comparing(pool)
    const before = counted(pool).compared
    await pool.query(WRITE, [1, 5])
    await openGate($.admin)
    await eventually(() => counted(pool).compared).toBeGreaterThan(before)
    expect([counted(pool).incoherent, incoherent(pool)]).toEqual([0, []])
    expect((await see(pool, LATE)).n).toBe(5)
  })

  test('reports no such write although the result has left memory by then', async () => {
    const pool = await $.pool({ cache: { ...cache, maxBytes: 16_384 } })
    await comparing(pool)
    const [before, { evictions }] = [counted(pool).compared, pool.cache.stats()]
    // What is asked for again stays longer than what is not.
    for (let other = 0; other < 100; other++)
      for (let read = 0; read < 3; read++)
        await see(pool, `SELECT n, ${other} AS o FROM item WHERE id = $1`, 2)
    expect(pool.cache.stats().evictions - evictions).toBeGreaterThan(50)
    await pool.query(WRITE, [1, 5])
    await openGate($.admin)
    await eventually(() => counted(pool).compared).toBeGreaterThan(before)
    expect([counted(pool).incoherent, incoherent(pool)]).toEqual([0, []])
  })

  test('compares nothing that may be outdated or differ from one moment to the next', async () => {
    const pool = await $.pool({ cache })
    const moving = 'SELECT n, clock_timestamp() FROM item'
    const asks = [
      () => pool.query({ text: READ, values: [1], cache: { consistency: 'ttl' } }),
      () => pool.query({ text: moving, cache: { dependsOn: ['item'], ttl: '1h' } }),
    ]
    for (const ask of asks) await eventually(async () => (await ask()).cache?.tier).toBe('memory')
    const before = counted(pool)
    await $.admin.query(WRITE, [1, 5])
    for (let read = 0; read < 20; read++)
      for (const ask of asks) expect((await ask()).cache?.status).toBe('hit')
    expect(counted(pool)).toEqual(before)
  })
})

test('a write of another process that this one has not heard of yet is no incoherence', async () => {
  const relay = await startRelay($.redis.port)
  const cache = { redis: relay.url($.redis.url), shadowReads: 1 }
  const [writer, reader] = [await $.pool(), await $.pool({ cache })]
  await comparing(reader)
  const before = counted(reader).compared
  relay.stall('answers')
  await writer.query(WRITE, [1, 5])
  await openGate($.admin)
  // The database has answered, and Redis has not told yet why it is another answer.
  await eventually(() => reader.stats().activeCount).toBe(0)
  relay.resume()
  await eventually(() => counted(reader).compared).toBeGreaterThan(before)
  expect([counted(reader).incoherent, incoherent(reader)]).toEqual([0, []])
})

test('of many hits the given share is compared, and none by default', async () => {
  const [some, none] = [await $.pool({ cache: { shadowReads: 0.2 } }), await $.pool()]
  for (const pool of [some, none]) await warm(pool)
  const queries = () => [some, none].map(pool => pool.stats().queryMetrics.totalQueries) as [number, number]
  const [compared, [ofSome, ofNone]] = [counted(some).compared, queries()]
  for (let hit = 0; hit < 1_000; hit++) for (const pool of [some, none]) await see(pool)
  // One at a time: fewer than 200 where the database is slow.
  expect(counted(some).compared - compared).toBeGreaterThan(10)
  expect(queries()[0] - ofSome).toBeGreaterThan(10)
  expect(queries()[0] - ofSome).toBeLessThan(300)
  expect([queries()[1], counted(none)]).toEqual([ofNone, { compared: 0, incoherent: 0 }])
})
