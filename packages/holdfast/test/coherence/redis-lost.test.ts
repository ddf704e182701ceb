import { type RedisServer, startRedis } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { rejection } from '../support/contender.js'
import { startRelay } from '../support/relay.js'
import { eventually, marks, type Operator, operator, READ, ready, see, WRITE, world } from './redis-world.js'

const $ = world()

const relayToDatabase = () => startRelay(Number(new URL($.database.url).port))
const FAST = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']

/** Whether the change is visible to everybody. */
const visible = async () => (await $.admin.query(READ, [1])).rows[0].n

/** Resolves when the values of a row and of the probe are in Redis. */
async function stored(redis: Operator): Promise<void> {
  const look = async () =>
    (await redis.keys(`{${$.prefix}:*`)).filter(name => /:v:[\w-]{43}$/.test(name)).length
  await eventually(look).toBe(2)
}

/** Resolves when nothing is marked, so that no writer has anything left to tell. */
async function released(redis: Operator): Promise<void> {
  await eventually(async () => (await marks(redis, $.prefix)).size).toBe(0)
}

test('a Redis restarted with the data of an earlier hour serves nothing of it (H5)', async () => {
  await using server = await startRedis()
  const cache = { redis: server.url }
  const [writer, reader] = [await $.pool({ cache }), await $.pool({ cache })]
  await see(writer)
  await stored(await operator(server.url))
  await (await operator(server.url)).sendCommand(['SAVE'])
  await writer.query(WRITE, [1, 1])
  await released(await operator(server.url))
  await server.kill()
  await server.start()
  await stored(await operator(server.url))
  for (const pool of [reader, writer, $.open({ cache })]) {
    await ready(pool)
    expect((await see(pool)).n).toBe(1)
  }
})

test('a replica that takes over with the stamps of before serves nothing of it (H5)', async () => {
  await using primary = await startRedis({ args: FAST })
  await using replica = await startRedis({ args: FAST })
  const relay = await startRelay(primary.port)
  const cache = { redis: relay.url(primary.url) }
  const [writer, reader] = [await $.pool({ cache }), await $.pool({ cache })]
  await follow(replica, primary)
  await see(writer)
  const [redis, copy] = [await operator(primary.url), await operator(replica.url)]
  await stored(redis)
  await redis.set('sync', '1')
  await redis.sendCommand(['WAIT', '1', '0'])
  // The replica is left alone with what it has, and hears nothing of the write.
  await copy.sendCommand(['REPLICAOF', 'NO', 'ONE'])
  await writer.query(WRITE, [1, 1])
  await released(redis)
  relay.target = replica.port
  relay.cut()
  for (const pool of [reader, writer, $.open({ cache })]) {
    await ready(pool)
    expect((await see(pool)).n).toBe(1)
  }
})

async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  const redis = await operator(replica.url)
  await redis.sendCommand(['REPLICAOF', '127.0.0.1', String(primary.port)])
  await eventually(() => redis.info('replication')).toContain('master_link_status:up')
}

test('a write whose mark was lost with Redis before its COMMIT leaves nothing old behind, whatever becomes of its writer (H5)', async () => {
  await using server = await startRedis()
  const relay = await relayToDatabase()
  const cache = { redis: server.url }
  const writer = await $.pool({ connectionString: relay.url($.database.url), cache })
  const reader = await $.pool({ cache })
  const commit = relay.holdAt('COMMIT')
  const writing = rejection(writer.query(WRITE, [1, 1]))
  await commit.reached
  await server.kill()
  await server.start()
  await eventually(() => reader.cache.stats().redis?.available).toBe(true)
  for (let read = 0; read < 20; read++) {
    expect(await see(reader)).toEqual({ n: 0, from: 'bypass redis-unavailable' })
  }
  // The writer never learns that it has committed, and so can tell nobody.
  commit.loseClient()
  await writing
  commit.pass()
  await eventually(visible).toBe(1)
  expect((await see(reader)).n).toBe(1)
  await ready(reader)
  expect((await see(reader)).n).toBe(1)
})

test('a flush of Redis between mark and COMMIT leaves nothing old behind the write (H5)', async () => {
  await using server = await startRedis()
  const relay = await relayToDatabase()
  const cache = { redis: server.url }
  const writer = await $.pool({ connectionString: relay.url($.database.url), cache })
  const reader = await $.pool({ cache })
  for (let n = 1; n <= 3; n++) {
    await see(reader)
    const commit = relay.holdAt('COMMIT')
    const writing = writer.query(WRITE, [1, n])
    await commit.reached
    await (await operator(server.url)).flushAll()
    for (let read = 0; read < 5; read++) expect((await see(reader)).n).toBe(n - 1)
    commit.pass()
    await writing
    expect((await see(reader)).n).toBe(n)
  }
})

test('a policy that may evict marks is refused with the reason, and every answer is right (H22)', async () => {
  await using server = await startRedis({
    args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'],
  })
  const pool = $.open({ cache: { redis: server.url } })
  await see(pool)
  await eventually(() => pool.cache.stats().redis?.reason).toContain('allkeys-lru')
  expect(pool.cache.stats().enabled).toBe(false)
  expect(pool.warned).toEqual({ 'cache-unavailable': 1 })
  await pool.query(WRITE, [1, 1])
  expect(await see(pool)).toEqual({ n: 1, from: 'bypass redis-unavailable' })
})

test('under pressure marks survive, and every answer is right (H22)', async () => {
  await using server = await startRedis({
    args: ['--maxmemory', '4mb', '--maxmemory-policy', 'volatile-lru'],
  })
  const relay = await relayToDatabase()
  const cache = { redis: server.url }
  const writer = await $.pool({ connectionString: relay.url($.database.url), cache })
  const [reader, redis] = [await $.pool({ cache }), await operator(server.url)]
  await see(reader)
  const commit = relay.holdAt('COMMIT')
  const writing = writer.query(WRITE, [1, 1])
  await commit.reached
  const before = await marks(redis, $.prefix)
  const [ballast, evicted] = [
    'x'.repeat(100_000),
    async () => /evicted_keys:(\d+)/.exec(await redis.info('stats'))?.[1],
  ]
  for (let key = 0; key < 60; key++) await redis.set(`ballast${key}`, ballast, { PX: 3_600_000 })
  expect(Number(await evicted())).toBeGreaterThan(10)
  expect(await marks(redis, $.prefix)).toEqual(before)
  expect(await see(reader)).toEqual({ n: 0, from: 'bypass write-under-way' })
  commit.pass()
  await writing
  expect((await see(reader)).n).toBe(1)
})

test('scripts that Redis has forgotten are a matter of Redis alone (H28)', async () => {
  const [writer, reader, redis] = [await $.pool(), await $.pool(), await operator($.redis.url)]
  for (let n = 1; n <= 10; n++) {
    await redis.scriptFlush()
    await writer.query(WRITE, [1, n])
    await redis.scriptFlush()
    expect((await see(reader)).n).toBe(n)
    await redis.scriptFlush()
    // From Redis 7, which tells a connection of stamps of its own making; from memory of later ones.
    expect(await see(reader)).toEqual({ n, from: expect.stringMatching(/^hit/) })
  }
  expect([writer.warned, reader.warned]).toEqual([{}, {}])
})

test('the marks of a COMMIT that nobody has heard of stay until the server knows that it has happened (H24)', async () => {
  const relay = await relayToDatabase()
  const writer = await $.pool({ connectionString: relay.url($.database.url) })
  const [reader, redis] = [await $.pool(), await operator($.redis.url)]
  await see(reader)
  const commit = relay.holdAt('COMMIT')
  const writing = rejection(writer.query(WRITE, [1, 1]))
  await commit.reached
  commit.loseClient()
  expect((await writing).code).toBe('HOLDFAST_OUTCOME_UNKNOWN')
  expect(await see(reader)).toEqual({ n: 0, from: 'bypass write-under-way' })
  expect((await marks(redis, $.prefix)).size).toBeGreaterThan(0)
  commit.pass()
  await eventually(visible).toBe(1)
  expect((await see(reader)).n).toBe(1)
  // Whoever finds the marks asks the server; then results are kept again.
  for (const pool of [reader, writer]) await eventually(() => see(pool)).toEqual({ n: 1, from: 'hit memory' })
  await released(redis)
})

test('the marks of a COMMIT that never arrived go when the server knows that it will not happen (H24)', async () => {
  const relay = await relayToDatabase()
  const writer = await $.pool({ connectionString: relay.url($.database.url) })
  const [reader, redis] = [await $.pool(), await operator($.redis.url)]
  await see(reader)
  const commit = relay.holdAt('COMMIT')
  const writing = rejection(writer.query(WRITE, [1, 1]))
  await commit.reached
  relay.cut()
  expect((await writing).code).toBe('HOLDFAST_OUTCOME_UNKNOWN')
  for (const pool of [reader, writer]) await eventually(() => see(pool)).toEqual({ n: 0, from: 'hit memory' })
  await released(redis)
})
