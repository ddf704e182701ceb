import { expect, test } from 'vitest'
import { calls, eventually, operator, READ, see, type TestPool, world } from './redis-world.js'

// A query whose result is not in memory is looked for in Redis before anything else is made for it.

const $ = world()

/** A pool with too little memory for any row: every hit comes from Redis. Row 1 is there. */
async function inRedisAlone(options: { statistics?: false } = {}): Promise<TestPool> {
  const pool = await $.pool({ ...options, cache: { maxBytes: 1_024 } })
  await eventually(async () => (await see(pool)).from).toBe('hit redis')
  return pool
}

/** How many commands of some kinds Redis ran meanwhile. */
async function commandsIn(names: readonly string[], work: () => Promise<unknown>): Promise<number> {
  const redis = await operator($.redis.url)
  await redis.configResetStat()
  await work()
  const counts = await Promise.all(names.map(name => calls(redis, name)))
  return counts.reduce((sum, count) => sum + count, 0)
}

const ASKING = ['evalsha', 'eval']

test('a miss asks Redis once, whether or not somebody observes it', async () => {
  for (const [at, options] of [{}, { statistics: false } as const].entries()) {
    const pool = await inRedisAlone(options)
    expect(await commandsIn(ASKING, () => pool.query(READ, [71 + at]))).toBe(1)
  }
})

test('a hit in Redis is a result of its own, and counted as one', async () => {
  const pool = await inRedisAlone()
  const before = { hits: pool.cache.stats().hits.redis, calls: await callsOf(pool) }
  const [one, two] = await Promise.all([pool.query(READ, [1]), pool.query(READ, [1])])
  expect([one, two].map(({ cache }) => cache?.tier)).toEqual(['redis', 'redis'])
  expect(one.rows).toEqual(two.rows)
  expect(one.rows[0]).not.toBe(two.rows[0])
  expect(pool.cache.stats().hits.redis).toBe(before.hits + 2)
  expect(await callsOf(pool)).toBe(before.calls + 2)
})

test('a caller who changes his values while Redis is asked changes nothing', async () => {
  const pool = await inRedisAlone()
  for (const id of [1, 73]) {
    const values = [id]
    const answer = pool.query(READ, values)
    values[0] = 2
    expect((await answer).rows.map(row => row.id)).toEqual(
      (await pool.query(READ, [id])).rows.map(row => row.id),
    )
  }
})

test('a parser that throws is an error that is counted once, and leaves Redis as it is', async () => {
  const pool = await inRedisAlone()
  const before = pool.cache.stats().hits.redis
  const types = {
    getTypeParser: () => () => {
      throw new Error('not this value')
    },
  }
  await expect(pool.query({ text: READ, values: [1], types })).rejects.toThrow('not this value')
  expect(pool.cache.stats().hits.redis).toBe(before)
  expect((await see(pool)).from).toBe('hit redis')
})

test('values that Redis cannot be asked for are told by the driver as without a cache', async () => {
  const pool = await inRedisAlone()
  await expect(pool.query(READ, new Set([1]) as never)).rejects.toThrow()
  await expect(
    pool.query(READ, [
      {
        toPostgres: () => {
          throw new Error('mine')
        },
      },
    ]),
  ).rejects.toThrow('mine')
})

const callsOf = async (pool: TestPool) =>
  (await pool.statements({ limit: 100 })).find(({ text }) => text === READ)?.calls ?? 0
