import { expect, test } from 'vitest'
import { recordingLogger } from '../monitoring/recording-logger.js'
import { startRelay } from '../support/relay.js'
import { READ, see, type TestPool, warm, world } from './redis-world.js'

const $ = world()

const counted = async (pool: TestPool) =>
  (await pool.statements({ limit: 100 })).find(({ text }) => text === READ)

test('a hit that Redis confirms is counted once, with the time that Redis took', async () => {
  const relay = await startRelay($.redis.port)
  const pool = await $.pool({ cache: { redis: relay.url($.redis.url) } })
  await warm(pool)
  const before = await counted(pool)
  relay.stall('answers')
  const seen = see(pool)
  const asked = performance.now()
  await $.admin.query('SELECT 1')
  const held = performance.now() - asked
  relay.resume()
  expect((await seen).from).toBe('hit memory')
  const after = await counted(pool)
  expect(after?.calls).toBe((before?.calls ?? 0) + 1)
  expect(after?.cacheHits).toBe((before?.cacheHits ?? 0) + 1)
  expect(after?.rows).toBe((before?.rows ?? 0) + 1)
  expect((after?.totalMillis ?? 0) - (before?.totalMillis ?? 0)).toBeGreaterThan(held)
  const { hits } = pool.cache.stats()
  expect(after?.cacheHits).toBeLessThanOrEqual(hits.memory + hits.redis)
})

test('a hit that Redis does not confirm in time is counted once, as what the database answered', async () => {
  const relay = await startRelay($.redis.port)
  const pool = await $.pool({ cache: { redis: relay.url($.redis.url) } })
  await warm(pool)
  const before = await counted(pool)
  relay.stall('answers')
  const seen = see(pool)
  relay.cut()
  expect((await seen).from).toMatch(/^bypass/)
  const after = await counted(pool)
  expect(after?.calls).toBe((before?.calls ?? 0) + 1)
  expect(after?.cacheHits).toBe(before?.cacheHits)
})

test.each([
  ['in this process', { redis: undefined }],
  ['with Redis', {}],
])('a hit whose parser throws is an error that is counted once, and no hit, %s', async (_, cache) => {
  const pool = await $.pool({ cache })
  await warm(pool)
  const [before, hits] = [await counted(pool), pool.cache.stats().hits]
  const types = {
    getTypeParser: () => () => {
      throw new Error('not this value')
    },
  }
  await expect(pool.query({ text: READ, values: [1], types })).rejects.toThrow('not this value')
  const after = await counted(pool)
  expect(after).toMatchObject({
    calls: (before?.calls ?? 0) + 1,
    errors: (before?.errors ?? 0) + 1,
    cacheHits: before?.cacheHits,
  })
  expect(pool.cache.stats().hits).toEqual(hits)
})

test('a hit that Redis is slow to confirm is in the log of slow queries', async () => {
  const logger = recordingLogger()
  const pool = await $.pool({ logger, report: false, slowQuery: { threshold: 0, linesPerMinute: 1_000 } })
  await warm(pool)
  const text = `${READ} AND owner = 1`
  await pool.query(text, [1])
  await expect.poll(() => ofText(logger)).toHaveLength(1)
  expect((await pool.query(text, [1])).cache).toMatchObject({ status: 'hit', tier: 'memory' })
  await expect.poll(() => ofText(logger)).toHaveLength(2)
  expect(ofText(logger)[1]?.fields).toMatchObject({ rows: 1, attempts: 0 })
})

const ofText = (logger: ReturnType<typeof recordingLogger>) =>
  logger.of('slow-query').filter(({ fields }) => String(fields.statement).includes('owner ='))
