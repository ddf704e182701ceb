import { expect, onTestFinished, test, vi } from 'vitest'
import { startRelay } from '../support/relay.js'
import {
  calls,
  closeGate,
  eventually,
  openGate,
  operator,
  READ,
  see,
  TABLES,
  WRITE,
  waitingAtGate,
  warm,
  world,
} from './redis-world.js'

const $ = world()

const COUNTED = 'SELECT n, counted(n) FROM item WHERE id = $1'
/** Waits at the gate while it is planned, before its snapshot. */
const LATE = 'SELECT n, gate(0) FROM item WHERE id = $1'

/** How often the database has answered {@link COUNTED}. */
const loads = async () =>
  (await $.admin.query('SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS n FROM loads')).rows[0]
    .n

test('of 2,000 reads none is older than a write that another process was told of before, and many are hits in memory (H21)', async () => {
  const [writer, reader] = [await $.pool({ max: 8 }), await $.pool({ max: 8 })]
  const row = async (id: number) => {
    for (let n = 1; n <= 250; n++) {
      if (n % 8 === 1) await writer.query(WRITE, [id, n])
      const seen = await see(reader, READ, id)
      if (seen.n !== n - ((n - 1) % 8)) return { id, expected: n, seen }
    }
    return undefined
  }
  const wrong = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(row))
  expect(wrong.filter(each => each !== undefined)).toEqual([])
  expect(reader.cache.stats().hits.memory).toBeGreaterThan(500)
})

test('a strict hit in memory waits for what was under way to this process (H21)', async () => {
  const relay = await startRelay($.redis.port)
  const [writer, reader] = [await $.pool(), await $.pool({ cache: { redis: relay.url($.redis.url) } })]
  await warm(reader)
  expect(await see(reader)).toEqual({ n: 0, from: 'hit memory' })
  relay.stall('answers')
  await writer.query(WRITE, [1, 1])
  // What tells this process of the write has not arrived.
  const seen = see(reader)
  relay.resume()
  expect((await seen).n).toBe(1)
})

test('hits of one tick share one round trip to Redis (H21)', async () => {
  const [pool, redis] = [await $.pool(), await operator($.redis.url)]
  await warm(pool)
  await redis.configResetStat()
  const seen = await Promise.all(Array.from({ length: 100 }, () => see(pool)))
  expect(new Set(seen.map(({ from }) => from))).toEqual(new Set(['hit memory']))
  expect(await calls(redis, 'getex')).toBe(1)
})

test('a bounded hit costs no round trip while the bound holds', async () => {
  const [pool, redis] = [
    await $.pool({ cache: { consistency: 'bounded', bound: '1h' } }),
    await operator($.redis.url),
  ]
  await warm(pool)
  await redis.configResetStat()
  for (let read = 0; read < 100; read++) expect(await see(pool)).toEqual({ n: 0, from: 'hit memory' })
  expect((await calls(redis, 'evalsha')) + (await calls(redis, 'getex'))).toBe(0)
})

test('a bounded read is behind by no more than the bound, also when Redis tells it nothing', async () => {
  const relay = await startRelay($.redis.port)
  const cache = {
    redis: relay.url($.redis.url),
    consistency: 'bounded',
    bound: '300ms',
    redisTimeout: '100ms',
  } as const
  const [writer, reader] = [await $.pool(), await $.pool({ cache })]
  await see(reader)
  relay.stall('answers')
  await writer.query(WRITE, [1, 1])
  await eventually(async () => (await see(reader)).n).toBe(1)
})

test('a read by ttl asks Redis nothing, and is never older than the ttl', async () => {
  const cache = { consistency: 'ttl', tables: { ...TABLES, item: '1s' } } as const
  const [pool, redis] = [await $.pool({ cache }), await operator($.redis.url)]
  await $.admin.query(WRITE, [1, 1])
  await see(pool)
  // The end of an entry's life is reckoned from its load, and jitter takes from it only.
  const loaded = performance.now()
  await redis.configResetStat()
  await $.admin.query(WRITE, [1, 2])
  const reads: { age: number; n: number | undefined; from: string }[] = []
  for (let read = 0; read < 50; read++) reads.push({ age: performance.now() - loaded, ...(await see(pool)) })
  expect(reads.filter(({ age, n }) => n === 1 && age > 1_000)).toEqual([])
  expect(reads.some(({ from }) => from === 'hit memory')).toBe(true)
  // On a machine on which 50 reads take longer than the ttl, Redis is asked by those that found it over.
  const over = reads.filter(({ from }) => from !== 'hit memory').length
  const scripts = await calls(redis, 'evalsha')
  expect(scripts).toBeLessThanOrEqual(over + pool.cache.stats().earlyRefreshes)
  // Each script reads the value and the lease; there are no barriers.
  expect(await calls(redis, 'getex')).toBeLessThanOrEqual(2 * scripts)
  await eventually(async () => (await see(pool)).n).toBe(2)
})

test('with maxStale an old result is served while Redis is away, and says so', async () => {
  const relay = await startRelay($.redis.port)
  const tables = { ...TABLES, item: { ttl: '1h', maxStale: '1h' } }
  const pool = await $.pool({ cache: { redis: relay.url($.redis.url), tables } })
  await warm(pool)
  relay.refuse(true)
  relay.cut()
  await eventually(() => pool.cache.stats().enabled).toBe(false)
  await $.admin.query(WRITE, [1, 1])
  const { rows, cache } = await pool.query(READ, [1])
  expect([rows, cache?.status, cache?.tier]).toEqual([[{ n: 0 }], 'stale', 'memory'])
  expect(pool.cache.stats().stale).toBe(1)
  // Who does not allow it asks the database.
  const { rows: asked } = await pool.query({ text: READ, values: [1], cache: { maxStale: 0 } })
  expect(asked).toEqual([{ n: 1 }])
})

test('200 equal misses of four processes are one query to the database', async () => {
  const pools = await Promise.all([1, 2, 3, 4].map(() => $.pool()))
  let [id, took] = [0, Number.POSITIVE_INFINITY]
  // A process waits two seconds for the load of another: a machine that needs as long for all this shows nothing.
  while (took > 2_000) {
    id += 1
    await $.admin.query('ALTER SEQUENCE loads RESTART')
    const began = performance.now()
    const reads = pools.flatMap(pool => Array.from({ length: 50 }, () => see(pool, COUNTED, id)))
    expect(new Set((await Promise.all(reads)).map(({ n }) => n))).toEqual(new Set([0]))
    took = performance.now() - began
  }
  expect(await loads()).toBe(1)
})

/** Says when an early refresh is due, and takes the jitter from lifetimes: 0 is never before the end, 1 as soon as possible. */
function rollDice(): { value: 0 | 1 } {
  const dice: { value: 0 | 1 } = { value: 0 }
  const random = vi.spyOn(Math, 'random').mockImplementation(() => dice.value * (1 - Number.EPSILON))
  onTestFinished(() => random.mockRestore())
  return dice
}

test('a dear result is loaded anew before its end, by one process for all, and nobody waits for it', async () => {
  const dice = rollDice()
  const cache = { tables: { ...TABLES, item: { ttl: '30s', keys: ['owner'] } } } as const
  const [first, second, redis] = [
    await $.pool({ cache }),
    await $.pool({ cache }),
    await operator($.redis.url),
  ]
  await closeGate($.admin)
  const load = see(first, LATE)
  const began = performance.now()
  await waitingAtGate($.admin, 1)
  // The dearer a load was, the earlier its result may be refreshed: the whole life of this one is early enough.
  while (performance.now() - began < 2_000) await $.admin.query('SELECT pg_sleep(0.1)')
  await openGate($.admin)
  expect(await load).toEqual({ n: 0, from: 'miss' })
  for (const pool of [first, second]) await warm(pool, LATE)
  const refreshes = () => [first, second].map(pool => pool.cache.stats().earlyRefreshes)
  expect(refreshes()).toEqual([0, 0])

  await closeGate($.admin)
  // Past the cache: only a load can tell.
  await $.admin.query(WRITE, [1, 5])
  const stored = await calls(redis, 'set')
  dice.value = 1
  for (let read = 0; read < 5; read++) expect(await see(first, LATE)).toEqual({ n: 0, from: 'hit memory' })
  dice.value = 0
  await waitingAtGate($.admin, 1)
  expect(await see(second, LATE)).toEqual({ n: 0, from: 'hit memory' })
  expect(refreshes()).toEqual([1, 0])

  await openGate($.admin)
  await eventually(() => see(first, LATE)).toEqual({ n: 5, from: 'hit memory' })
  await eventually(() => calls(redis, 'set')).toBeGreaterThan(stored)
  expect(await see(await $.pool({ cache }), LATE)).toEqual({ n: 5, from: 'hit redis' })
})
