import { startRedis, startTcpProxy } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { runScript } from '../support/child.js'
import { rejection, soon } from '../support/contender.js'
import { startRelay } from '../support/relay.js'
import {
  calls,
  eventually,
  operator,
  READ,
  ready,
  see,
  TABLES,
  type TestPool,
  WRITE,
  warm,
  world,
} from './redis-world.js'

const $ = world()

test('a Redis that is always slower than its budget costs some answers the budget, and is told of once', async () => {
  const proxy = await startTcpProxy($.redis.port, { delay: 100 })
  const pool = $.open({ cache: { redis: proxy.url($.redis.url), redisTimeout: '50ms' } })
  let n = 0
  const work = async () => {
    n += 1
    await pool.query(WRITE, [1, n])
    expect((await see(pool)).n).toBe(n)
  }
  while (pool.warned['cache-unavailable'] === undefined) await work()
  for (let round = 0; round < 200; round++) await work()
  expect(pool.warned).toEqual({ 'cache-unavailable': 1, 'cache-unmarked': 1 })
  await soon(pool.end(), 'the end')
  await proxy.close()
})

test('a Redis that comes later is used from then on', async () => {
  const relay = await startRelay($.redis.port)
  relay.refuse(true)
  const pool = $.open({ cache: { redis: relay.url($.redis.url) } })
  await pool.query(WRITE, [1, 1])
  expect(await see(pool)).toEqual({ n: 1, from: 'bypass redis-unavailable' })
  await eventually(() => pool.warned['cache-unavailable']).toBe(1)
  expect(pool.stats().cacheEnabled).toBe(false)
  relay.refuse(false)
  await ready(pool)
  expect(pool.stats().cacheEnabled).toBe(true)
})

test('a load that brings nothing to keep does not make other processes wait', async () => {
  const [one, other, redis] = [await $.pool(), await $.pool(), await operator($.redis.url)]
  const failing = 'SELECT 1 / n AS n FROM item WHERE id = $1'
  await redis.configResetStat()
  for (const pool of [one, other]) expect((await rejection(see(pool, failing))).code).toBe('22012')
  // Each has given up its right to load instead of letting it expire.
  await eventually(() => calls(redis, 'del')).toBe(2)
})

test('the first write waits for a Redis that says nothing for the budget, not until connecting has failed', async () => {
  const relay = await startRelay($.redis.port)
  relay.stall('requests', 'answers')
  const cache = { redis: relay.url($.redis.url), redisTimeout: '50ms', onUnmarkable: 'fail' } as const
  const pool = $.open({ cache })
  expect((await rejection(pool.query(WRITE, [1, 1]))).code).toBe('HOLDFAST_CACHE_UNMARKABLE')
  expect(pool.cache.stats().redis).toMatchObject({ available: false, reason: 'not connected yet' })
  relay.resume()
  await ready(pool)
  await written(pool)
})

/** Resolves when a write has succeeded: in its short time to tell Redis, a busy machine may not be quick enough. */
async function written(pool: TestPool): Promise<void> {
  const write = () =>
    pool.query(WRITE, [1, 2]).then(
      () => true,
      () => false,
    )
  await eventually(write).toBe(true)
}

test('a full Redis still orders reads and writes, and keeps values again when it has room', async () => {
  await using server = await startRedis()
  const cache = { redis: server.url }
  const [writer, reader, redis] = [
    await $.pool({ cache }),
    await $.pool({ cache }),
    await operator(server.url),
  ]
  await redis.configSet('maxmemory', '1')
  for (let n = 1; n <= 20; n++) {
    await writer.query(WRITE, [1, n])
    for (const pool of [reader, reader, writer]) expect((await see(pool)).n).toBe(n)
  }
  // Memory has room, whatever Redis has.
  expect(await see(reader)).toEqual({ n: 20, from: 'hit memory' })
  expect([writer.warned, writer.stats().cacheEnabled]).toEqual([{}, true])
  await redis.configSet('maxmemory', '0')
  await eventually(async () => {
    await reader.cache.invalidate({ tables: ['item'] })
    await see(reader)
    return (await see(writer)).from
  }).toBe('hit redis')
})

test.each([
  ['garbage', Buffer.from('\0garbage\xff', 'latin1')],
  ['nothing', Buffer.alloc(0)],
])('values and tags in Redis that have become %s are misses', async (_, garbage) => {
  const [first, redis] = [await $.pool(), await operator($.redis.url)]
  await see(first)
  await eventually(async () => (await redis.keys(`{${$.prefix}:*:v:*`)).length).toBeGreaterThan(2)
  const names = await redis.keys(`{${$.prefix}:*:[vt]:*`)
  for (const name of names) if (!name.endsWith('settled')) await redis.set(name, garbage)
  const second = await $.pool()
  for (const pool of [second, first]) expect((await see(pool)).n).toBe(0)
  await first.query(WRITE, [1, 1])
  for (const pool of [second, first]) expect((await see(pool)).n).toBe(1)
  await eventually(() => see(second)).toEqual({ n: 1, from: 'hit memory' })
})

test('a value of another format is a miss, and is replaced', async () => {
  const [first, redis] = [await $.pool(), await operator($.redis.url)]
  await see(first)
  await eventually(() => valueWith(redis, $.prefix, 'settled')).not.toEqual([])
  // The first byte behind the stamps is the version of what follows.
  const key = await valueWith(redis, $.prefix, 'settled')
  for (const name of key) {
    const value = await redis.sendCommand<Buffer>(['GET', name], { typeMapping: { 36: Buffer } })
    const other = Buffer.from(value)
    other[other.indexOf(0) + 1] = 99
    await redis.set(name, other, { PX: 60_000 })
  }
  await $.admin.query(WRITE, [1, 7])
  const second = await $.pool()
  expect(await see(second)).toEqual({ n: 7, from: 'miss' })
  await eventually(async () => (await see(await $.pool())).from).toBe('hit redis')
})

async function valueWith(
  redis: Awaited<ReturnType<typeof operator>>,
  prefix: string,
  but: string,
): Promise<string[]> {
  return (await redis.keys(`{${prefix}:*:v:*`)).filter(name => !name.endsWith(but) && !name.endsWith('!'))
}

test('a write that Redis cannot be told of is committed, told of, seen at once here, and by others when Redis is back (H19)', async () => {
  const relay = await startRelay($.redis.port)
  const [writer, other] = [await $.pool({ cache: { redis: relay.url($.redis.url) } }), await $.pool()]
  for (const pool of [writer, other]) await warm(pool)
  relay.refuse(true)
  relay.cut()
  await writer.query(WRITE, [1, 1])
  expect((await $.admin.query(READ, [1])).rows).toEqual([{ n: 1 }])
  expect(await see(writer)).toEqual({ n: 1, from: 'bypass redis-unavailable' })
  expect(writer.warned['cache-unmarked']).toBe(1)
  expect(writer.cache.stats().unmarked).toBe(1)
  // The one place where strict bends: who is not cut off has not been told.
  expect(await see(other)).toEqual({ n: 0, from: 'hit memory' })
  relay.refuse(false)
  await ready(writer)
  await eventually(async () => (await see(other)).n).toBe(1)
  expect((await see(writer)).n).toBe(1)
})

test('a mark that gets no answer in time is made good when Redis answers again (H19)', async () => {
  const relay = await startRelay($.redis.port)
  const cache = { redis: relay.url($.redis.url), redisTimeout: '100ms' }
  const [writer, other] = [await $.pool({ cache }), await $.pool()]
  for (const pool of [writer, other]) await see(pool)
  relay.stall('requests')
  await writer.query(WRITE, [1, 1])
  expect((await see(writer)).n).toBe(1)
  expect(writer.warned['cache-unmarked']).toBe(1)
  relay.resume()
  await ready(writer)
  await eventually(async () => (await see(other)).n).toBe(1)
  await eventually(() => see(other)).toEqual({ n: 1, from: 'hit memory' })
})

test('with onUnmarkable "fail" a write that Redis cannot be told of is rolled back (H19)', async () => {
  const relay = await startRelay($.redis.port)
  const cache = { redis: relay.url($.redis.url), onUnmarkable: 'fail', redisTimeout: '100ms' } as const
  const [pool, other] = [await $.pool({ cache }), await $.pool()]
  for (const each of [pool, other]) await see(each)
  relay.stall('requests', 'answers')
  const unmarkable = { code: 'HOLDFAST_CACHE_UNMARKABLE', retry: 'safe' }
  expect(await rejection(pool.query(WRITE, [1, 1]))).toMatchObject(unmarkable)
  const transaction = pool.transaction(tx => tx.query(WRITE, [1, 1]))
  expect(await rejection(transaction)).toMatchObject(unmarkable)
  expect((await $.admin.query(READ, [1])).rows).toEqual([{ n: 0 }])
  for (const each of [pool, other]) expect((await see(each)).n).toBe(0)
  relay.resume()
  await ready(pool)
  await written(pool)
  for (const each of [pool, other]) expect((await see(each)).n).toBe(2)
})

const SCRIPT = (cache: object) => `
  const { Pool } = require('holdfast')
  process.on('unhandledRejection', error => console.log('unhandled', error))
  const pool = new Pool({ connectionString: process.env.URL, cache: ${JSON.stringify(cache)} })
  const work = async () => {
    for (let n = 1; n <= 10; n++) {
      await pool.query('UPDATE item SET n = $1 WHERE id = 1', [n])
      console.log((await pool.query('SELECT n FROM item WHERE id = 1')).rows[0].n === n ? 'right' : 'wrong')
    }
    await pool.end()
    console.log('ended')
  }
  work()`

test.each(['dead', 'frozen', 'well'])(
  'a process whose Redis is %s exits by itself after the end of its pool',
  async state => {
    await using server = await startRedis()
    if (state === 'dead') await server.kill()
    if (state === 'frozen') server.pause()
    const cache = { redis: server.url, prefix: $.prefix, tables: TABLES }
    const { output, exit } = await runScript(SCRIPT(cache), $.database.url).ended
    expect({ output, exit }).toEqual({ output: `${'right\n'.repeat(10)}ended\n`, exit: [0, null] })
    server.resume()
  },
)
