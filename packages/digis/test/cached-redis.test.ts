import { createDigis, type Digis } from '@holdfast/digis'
import { type RedisServer, startRedis } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { CACHED_CALLS, counting, DEEDS, newWorld, type World } from './cached-contract.js'
import { migratedDatabase, newDigis } from './new-digis.js'

let redis: RedisServer
let connectionString: string
let uncached: Digis
beforeAll(async () => {
  redis = await startRedis()
  connectionString = await migratedDatabase()
  uncached = createDigis({ connectionString })
})
afterAll(async () => {
  await uncached.end()
  await redis[Symbol.asyncDispose]()
})

/** A busy machine gets more time to ask Redis than an application would give it. */
function sharing(url: string): Digis {
  return createDigis({ connectionString, cache: { redis: url, redisTimeout: '5s' } })
}

const isEnabled = (digis: Digis) => digis.getPoolStats().cacheEnabled

/** The first call connects to Redis, in the background. */
async function ready(digis: Digis): Promise<Digis> {
  await digis.testConnection()
  // Also before all tests, where nothing can be expected.
  await vi.waitUntil(() => isEnabled(digis), { timeout: 30_000 })
  return digis
}

describe('two instances that share a Redis', () => {
  let [writer, reader] = [] as unknown as [Digis, Digis]
  let world: World
  beforeAll(async () => {
    writer = await ready(sharing(redis.url))
    reader = await ready(sharing(redis.url))
    world = await newWorld(writer)
  })
  afterAll(() => Promise.all([writer.end(), reader.end()]))

  describe.each(CACHED_CALLS)('$name', ({ call, changes, unrelated }) => {
    const read = () => counting(reader, () => call(reader, world))

    test('what one has loaded the other does not ask the database for', async () => {
      await writer.pool.cache.invalidate({ tables: ['users', 'sessions', 'payments'] })
      const loaded = await call(writer, world)
      // Results are kept for the others in the background.
      await expect.poll(async () => (await read()).queries).toBe(0)
      expect((await read()).result).toStrictEqual(loaded)
    })

    test.each(changes)('the one sees at once that through the other %s', async deed => {
      await read()
      await DEEDS[deed]?.(writer, world)
      const { result, queries } = await read()
      expect(queries).toBeGreaterThan(0)
      expect(result).toStrictEqual(await call(uncached, world))
    })

    test.each(unrelated)('the one keeps its result when through the other %s', async deed => {
      await read()
      await expect.poll(async () => (await read()).queries).toBe(0)
      await DEEDS[deed]?.(writer, world)
      expect((await read()).queries).toBe(0)
    })
  })
})

describe('without Redis', () => {
  async function everyCall(digis: Digis): Promise<void> {
    const world = await newWorld(uncached)
    for (const { call, changes } of CACHED_CALLS) {
      expect(await call(digis, world)).toStrictEqual(await call(uncached, world))
      await DEEDS[changes[0] as string]?.(digis, world)
      expect(await call(digis, world)).toStrictEqual(await call(uncached, world))
    }
  }

  test('at the start every call works, and cacheEnabled is false', async () => {
    const digis = sharing('redis://127.0.0.1:1')
    onTestFinished(() => digis.end())
    await everyCall(digis)
    expect(isEnabled(digis)).toBe(false)
    expect(digis.pool.cache.stats()).toMatchObject({ entries: 0, redis: { available: false } })
  })

  test('in the middle every call works and cacheEnabled tells it; with Redis back, things are kept again', async () => {
    const own = await startRedis()
    onTestFinished(() => own[Symbol.asyncDispose]())
    const digis = await ready(sharing(own.url))
    onTestFinished(() => digis.end())
    await everyCall(digis)
    await own.kill()
    await everyCall(digis)
    expect(isEnabled(digis)).toBe(false)
    await own.start()
    await ready(digis)
    await everyCall(digis)
    const world = await newWorld(digis)
    const ask = () => counting(digis, () => digis.getUserById(world.creator.id))
    await ask()
    expect((await ask()).queries).toBe(0)
  })

  test('calls under way when Redis is killed and restarted all answer, and none is stale', async () => {
    const own = await startRedis()
    onTestFinished(() => own[Symbol.asyncDispose]())
    const [writer, reader] = [await ready(sharing(own.url)), await ready(sharing(own.url))]
    onTestFinished(() => Promise.all([writer.end(), reader.end()]).then(() => undefined))
    const { creator } = await newWorld(uncached)
    let written = 0
    let stop = false
    const read = async () => {
      while (!stop) {
        const least = written
        const user = await reader.getUserById(creator.id)
        expect(Number(user?.bio || 0)).toBeGreaterThanOrEqual(least)
      }
    }
    await writer.updateUserProfile(creator.supabase_id, { bio: '0' })
    const readers = Promise.all([read(), read(), read()])
    const write = async () => {
      await writer.updateUserProfile(creator.supabase_id, { bio: String(written + 1) })
      written++
    }
    try {
      for (let i = 0; i < 20; i++) await write()
      await own.kill()
      for (let i = 0; i < 20; i++) await write()
      await own.start()
      for (let i = 0; i < 50 || !isEnabled(writer) || !isEnabled(reader); i++) await write()
    } finally {
      stop = true
      await readers
    }
  })
})

test('without the option nothing is cached', async () => {
  const digis = await newDigis()
  const world = await newWorld(digis)
  const ask = () => counting(digis, () => digis.getUserById(world.fan.id))
  await ask()
  expect((await ask()).queries).toBe(1)
  expect(isEnabled(digis)).toBe(false)
})
