import { type RedisServer, startRedis } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migratedDatabase, type Person, type ServiceOn, serviceOn } from './support/service.js'
import { signToken } from './support/tokens.js'
import { until } from './support/until.js'

const OK = { status: 'ok', tier: 'redis' }
const DEGRADED = { status: 'degraded', tier: 'redis' }

let redis: RedisServer
let url: string
beforeAll(async () => {
  redis = await startRedis()
  url = (await migratedDatabase()).url
})
afterAll(() => redis[Symbol.asyncDispose]())

async function statsOf(service: ServiceOn) {
  return (await service.call('GET /api/stats', { token: await signToken({ role: 'service_role' }) })).body
}

async function ready(service: ServiceOn) {
  const { status, body } = await service.call('GET /api/health/ready')
  return { status, cache: body.cache }
}

/** How many queries a call needs. */
async function queriesOf(service: ServiceOn, call: () => Promise<unknown>): Promise<number> {
  const before = (await statsOf(service)).queryMetrics.totalQueries
  await call()
  return (await statsOf(service)).queryMetrics.totalQueries - before
}

async function healthy(service: ServiceOn): Promise<void> {
  await until('the cache in Redis is used', async () => (await ready(service)).cache.status === 'ok')
}

describe('without REDIS_URL', () => {
  let service: ServiceOn
  let creator: Person
  beforeAll(async () => {
    service = await serviceOn(url)
    creator = await service.join({ is_creator: true, bio: 'Salsa' })
  })
  afterAll(() => service.close())

  test('reads are cached in the process, and health and statistics say so', async () => {
    const read = () => service.call(`GET /api/creators/${creator.id}`)
    await read()
    expect(await queriesOf(service, read)).toBe(0)
    expect(await ready(service)).toEqual({ status: 200, cache: { status: 'ok', tier: 'process' } })
    expect(await statsOf(service)).toMatchObject({
      cacheEnabled: true,
      cache: { status: 'ok', tier: 'process', hits: { redis: 0 }, entries: expect.any(Number) },
    })
  })

  test('what is changed is what the next request reads', async () => {
    const { token } = creator
    const body = { bio: 'Tango' }
    await service.call(`GET /api/creators/${creator.id}`)
    expect((await service.call('PATCH /api/users/me', { token, body })).status).toBe(200)
    expect((await service.call(`GET /api/creators/${creator.id}`)).body.bio).toBe('Tango')
    expect((await service.call('GET /api/creators')).body.items[0]).toMatchObject(body)
  })
})

test('with CACHE=off every read asks the database, and health says so', async () => {
  const service = await serviceOn(url, { CACHE: 'off', REDIS_URL: redis.url })
  const { id } = await service.join({ is_creator: true })
  const read = () => service.call(`GET /api/creators/${id}`)
  await read()
  expect(await queriesOf(service, read)).toBe(1)
  expect(await ready(service)).toEqual({ status: 200, cache: { status: 'off', tier: null } })
  expect(await statsOf(service)).toMatchObject({ cacheEnabled: false, cache: { status: 'off' } })
  await service.close()
})

test('two services that share a Redis see each other’s changes at once', async () => {
  const services = await Promise.all([1, 2].map(() => serviceOn(url, { REDIS_URL: redis.url })))
  const [one, other] = services as [ServiceOn, ServiceOn]
  await Promise.all(services.map(healthy))
  const { id, token } = await one.join({ is_creator: true, bio: '0' })
  for (let round = 1; round <= 20; round++) {
    await other.call(`GET /api/creators/${id}`)
    await one.call('PATCH /api/users/me', { token, body: { bio: String(round) } })
    expect((await other.call(`GET /api/creators/${id}`)).body.bio).toBe(String(round))
  }
  await Promise.all(services.map(service => service.close()))
})

test('a Redis that dies and comes back degrades the cache and fails no request', async () => {
  const own = await startRedis()
  const service = await serviceOn(url, { REDIS_URL: own.url })
  await healthy(service)
  const { id, token } = await service.join({ is_creator: true, bio: 'Salsa' })
  const answers = async () => {
    const read = await service.call(`GET /api/creators/${id}`)
    const written = await service.call('PATCH /api/users/me', { token, body: { bio: 'Salsa' } })
    return [read.status, written.status]
  }
  expect(await answers()).toEqual([200, 200])
  await own.kill()
  expect(await answers()).toEqual([200, 200])
  expect(await ready(service)).toEqual({ status: 200, cache: DEGRADED })
  expect((await statsOf(service)).cacheEnabled).toBe(false)
  await own.start()
  await healthy(service)
  expect(await answers()).toEqual([200, 200])
  await expect.poll(() => ready(service)).toEqual({ status: 200, cache: OK })
  await service.close()
  await own[Symbol.asyncDispose]()
})

test('a service that never finds its Redis serves, and says that it is degraded', async () => {
  const service = await serviceOn(url, { REDIS_URL: 'redis://127.0.0.1:1' })
  const { id } = await service.join({ is_creator: true })
  expect((await service.call(`GET /api/creators/${id}`)).status).toBe(200)
  expect(await ready(service)).toEqual({ status: 200, cache: DEGRADED })
  await service.close()
})
