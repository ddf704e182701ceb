import { type RedisServer, startRedis } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { soon } from '../support/contender.js'
import { type Relay, startRelay } from '../support/relay.js'
import { eventually, operator, ready, see, type TestPool, WRITE, world } from './redis-world.js'

const $ = world()

/** Something that happens to Redis, and its end. */
interface Harm {
  readonly what: string
  readonly reason: string | RegExp
  begin(server: RedisServer, relay: Relay): Promise<unknown> | unknown
  end(server: RedisServer, relay: Relay): Promise<unknown> | unknown
}

const HARMS: readonly Harm[] = [
  {
    what: 'refuses connections',
    reason: /connection/,
    begin(_, relay) {
      relay.refuse(true)
      relay.cut()
    },
    end: (_, relay) => relay.refuse(false),
  },
  {
    what: 'is dead',
    reason: /connection/,
    begin: server => server.kill(),
    end: server => server.start(),
  },
  {
    what: 'is frozen',
    reason: 'no answer within 500 ms',
    begin: server => server.pause(),
    end: server => server.resume(),
  },
  {
    what: 'has become a replica',
    reason: 'the server is a replica',
    begin: async server => (await operator(server.url)).sendCommand(['REPLICAOF', '127.0.0.1', '1']),
    end: async server => (await operator(server.url)).sendCommand(['REPLICAOF', 'NO', 'ONE']),
  },
  {
    what: 'wants another password',
    reason: 'Redis refuses the user or password',
    async begin(server, relay) {
      await (await operator(server.url)).configSet('requirepass', 'other')
      relay.cut()
    },
    async end(server) {
      const redis = await operator(server.url.replace('//', '//:other@'))
      await redis.configSet('requirepass', '')
    },
  },
]

/** Writes and reads; every answer has to reflect the write before it. */
async function work(pool: TestPool, rounds: number, from = 0): Promise<void> {
  for (let n = from + 1; n <= from + rounds; n++) {
    await pool.query(WRITE, [1, n])
    expect((await see(pool)).n).toBe(n)
    expect((await see(pool)).n).toBe(n)
  }
}

describe.each(HARMS)('with a Redis that $what', ({ reason, begin, end }) => {
  test('every answer is right, Redis is left alone and told of once, and used again when it is back', async () => {
    await using server = await startRedis()
    const relay = await startRelay(server.port)
    const cache = { redis: relay.url(server.url), redisTimeout: '500ms' }
    const pool = await $.pool({ cache })
    const earlier = pool.warnings.length
    await begin(server, relay)
    await work(pool, 10)
    await eventually(() => pool.stats().cacheEnabled).toBe(false)
    expect(pool.cache.stats()).toMatchObject({ enabled: false, redis: { available: false } })
    await eventually(() => pool.cache.stats().redis?.reason).toMatch(reason)
    const [before, began] = [relay.traffic, performance.now()]
    await work(pool, 50, 10)
    const seconds = (performance.now() - began) / 1_000
    // 150 queries; what little is sent comes from the background, a little each second.
    expect(relay.traffic - before).toBeLessThan(50 + 15 * seconds)
    const unavailable = pool.warnings.slice(earlier).filter(({ code }) => code === 'cache-unavailable')
    expect(new Set(unavailable.map(({ message }) => message)).size).toBe(unavailable.length)
    const another = $.open({ cache })
    await work(another, 2, 60)
    await soon(another.end(), 'the end of a pool')
    await end(server, relay)
    await ready(pool)
    await eventually(() => pool.stats().cacheEnabled).toBe(true)
    await eventually(() => pool.cache.stats().redis).toMatchObject({ available: true })
    expect((await see(pool)).n).toBe(62)
    await work(pool, 5, 62)
  })
})
