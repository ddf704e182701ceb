import { createDigis, type Digis, type DigisPoolOptions } from '@holdfast/digis'
import { type RedisServer, startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

/** Nothing listens on port 1. */
const NOWHERE = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' }

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

function withCache(cache: DigisPoolOptions['cache']): Digis {
  const digis = createDigis({ ...NOWHERE, ...(cache !== undefined && { cache }) })
  onTestFinished(() => (digis.pool.ending ? undefined : digis.end()))
  return digis
}

describe.each<[string, () => DigisPoolOptions['cache']]>([
  ['in Redis', () => ({ redis: redis.url })],
  ['in process', () => true],
])('cacheUtils %s', (_, cache) => {
  test('keeps what JSON can hold until it is deleted', async () => {
    const { cacheUtils } = withCache(cache())
    for (const value of [{ a: [1, 'ä', null, true] }, 'text', 0, false, null]) {
      await expect.poll(() => cacheUtils.set('k', value, 60)).toBe(true)
      await expect.poll(() => cacheUtils.get('k')).toEqual(value)
    }
    await expect.poll(() => cacheUtils.delete('k')).toBe(true)
    expect(await cacheUtils.get('k')).toBeNull()
  })

  test('keeps nothing that JSON cannot hold, or for no time', async () => {
    const { cacheUtils } = withCache(cache())
    const ring: { self?: unknown } = {}
    ring.self = ring
    for (const value of [undefined, 1n, ring]) expect(await cacheUtils.set('x', value, 60)).toBe(false)
    for (const ttl of [0, -1, Number.NaN, 'soon' as never])
      expect(await cacheUtils.set('x', 1, ttl)).toBe(false)
    expect(await cacheUtils.get('x')).toBeNull()
  })
})

test('cacheUtils in Redis is shared, uses the keys as they are, and expires in seconds', async () => {
  const [one, other] = [withCache({ redis: redis.url }), withCache({ redis: redis.url })]
  await expect.poll(() => one.cacheUtils.set('app:greeting', 'hello', 3_600)).toBe(true)
  await expect.poll(() => other.cacheUtils.get('app:greeting')).toBe('hello')
  const { client } = other.cacheUtils
  expect(await client?.get('app:greeting')).toBe('"hello"')
  const seconds = Number(await client?.sendCommand(['TTL', 'app:greeting']))
  expect([seconds > 3_000, seconds <= 3_600]).toEqual([true, true])
})

test('cacheUtils in process has no client', () => {
  expect(withCache(true).cacheUtils.client).toBeNull()
})

test('a client that the application handed in is used, and left open', async () => {
  const client = createClient({ url: redis.url })
  await client.connect()
  onTestFinished(() => client.destroy())
  const digis = withCache({ redis: client })
  expect(digis.cacheUtils.client).toBe(client)
  await expect.poll(() => digis.cacheUtils.set('k', 1, 60)).toBe(true)
  await digis.end()
  expect(await client.get('k')).toBe('1')
})

test('without Redis at the start nothing is found, nothing is kept, and no call fails', async () => {
  const { cacheUtils } = withCache({ redis: 'redis://127.0.0.1:1' })
  expect(await cacheUtils.get('k')).toBeNull()
  expect(await cacheUtils.set('k', 1, 60)).toBe(false)
  expect(await cacheUtils.delete('k')).toBe(false)
  expect(cacheUtils.client?.isReady).toBe(false)
})

test('when Redis dies and comes back so does cacheUtils', async () => {
  const server = await startRedis()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { cacheUtils } = withCache({ redis: server.url })
  await expect.poll(() => cacheUtils.set('k', 1, 60)).toBe(true)
  await server.kill()
  expect([await cacheUtils.get('k'), await cacheUtils.set('k', 2, 60)]).toEqual([null, false])
  await server.start()
  await expect.poll(() => cacheUtils.client?.isReady).toBe(true)
  await expect.poll(() => cacheUtils.set('k', 3, 60)).toBe(true)
  await expect.poll(() => cacheUtils.get('k')).toBe(3)
})

test('a Redis that hangs delays a call a little, and none fails', async () => {
  const server = await startRedis()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { cacheUtils } = withCache({ redis: server.url })
  await expect.poll(() => cacheUtils.set('k', 1, 60)).toBe(true)
  server.pause()
  expect([await cacheUtils.get('k'), await cacheUtils.delete('k')]).toEqual([null, false])
  server.resume()
})

test('after the end nothing is found and nothing is kept', async () => {
  const digis = createDigis({ ...NOWHERE, cache: { redis: redis.url } })
  await expect.poll(() => digis.cacheUtils.set('ended', 1, 60)).toBe(true)
  await digis.end()
  expect([await digis.cacheUtils.get('ended'), await digis.cacheUtils.set('ended', 1)]).toEqual([null, false])
  expect(digis.cacheUtils.client).toBeNull()
})
