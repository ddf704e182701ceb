import net from 'node:net'
import { type RedisServer, startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connected, operator, readOf, unique, watch } from './redis-fixture.js'
import { fill, isHit, testContract } from './remote-store-contract.js'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('given a URL', () => testContract(() => connected({ redis: server.url })))

describe('given a client of the application', () =>
  testContract(() => connected({ redis: createClient({ url: server.url, keyPrefix: 'app:', RESP: 2 }) })))

const LOOPS = 8
const ROUNDS = 250

test('in 2,000 changes no invalidation comes later than the barrier begun after its acknowledgement (I4)', async () => {
  const writer = await connected({ redis: server.url })
  const reader = await connected({ redis: server.url })
  let violations = 0
  const loop = async (tag: string): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      await reader.store.read(readOf(tag, tag))
      reader.invalidated.length = 0
      await writer.store.touch([tag])
      await reader.store.barrier()
      if (!reader.invalidated.includes(tag)) violations += 1
    }
  }
  // One after the other within a loop; the loops share batches and barriers. Each empties only before its own change.
  for (let at = 0; at < LOOPS; at++) await loop(unique('loop'))
  expect(violations).toBe(0)
})

test('an answer is never taken over after the invalidation of its stamp was delivered (I4)', async () => {
  const writer = await connected({ redis: server.url })
  const reader = await connected({ redis: server.url })
  const tag = unique('race')
  const known = new Map<string, string>()
  reader.store.onInvalidated = name => known.delete(name)
  let violations = 0
  for (let round = 0; round < 1_000; round++) {
    const read = reader.store.read(readOf(tag, tag)).then(({ stamps }) => known.set(tag, stamps[0] ?? ''))
    await Promise.all([read, writer.store.touch([tag])])
    await reader.store.barrier()
    const held = known.get(tag)
    const [current] = (await reader.store.read(readOf(tag, tag))).stamps
    if (held !== undefined && held !== current) violations += 1
  }
  expect(violations).toBe(0)
})

test('the client writes nothing while the turn lasts in which it was told to, on which barriers at once rely (H21)', async () => {
  const redis = await operator(server.url)
  const written = vi.spyOn(net.Socket.prototype, 'write')
  onTestFinished(() => written.mockRestore())
  const answer = redis.ping()
  await new Promise<void>(resolve => process.nextTick(resolve))
  expect(written).not.toHaveBeenCalled()
  await answer
  expect(written).toHaveBeenCalled()
})

test('a barrier that was sent is shared by nobody who comes later (H21)', async () => {
  const { store } = await connected({ redis: server.url })
  const redis = await operator(server.url)
  await redis.configResetStat()
  const early = store.barrier()
  expect(store.barrier()).toBe(early)
  await new Promise<void>(resolve => process.nextTick(resolve))
  const late = store.barrier()
  expect(late).not.toBe(early)
  await Promise.all([early, late])
  expect(await redis.info('commandstats')).toContain('cmdstat_getex:calls=2,')
})

test('a read that meets nobody goes at once, up to 32 others share their round trips, and so do all barriers (H21)', async () => {
  const { store } = await connected({ redis: server.url })
  const redis = await operator(server.url)
  await redis.configResetStat()
  await Promise.all(Array.from({ length: 65 }, (_, at) => store.read(readOf(`k${at}`, `t${at}`, 'shared'))))
  await Promise.all(Array.from({ length: 50 }, () => store.barrier()))
  const stats = await redis.info('commandstats')
  // None is there: the two batches of 32 need the script besides. It looks at the value and the lease of each.
  expect(stats).toContain('cmdstat_evalsha:calls=3,')
  expect(stats).toContain(`cmdstat_getex:calls=${65 * 2 + 2 + 1},`)
})

test('a lease ends by itself when its loader died', async () => {
  const { store } = await connected({ redis: server.url, leaseLife: 20 })
  const key = unique('key')
  expect((await store.read(readOf(key, key))).lease).toBe('taken')
  await expect.poll(async () => (await store.read(readOf(key, key))).lease).toBe('taken')
})

test('keys that hold something else are replaced, not obeyed', async () => {
  const { store } = await connected({ redis: server.url, prefix: 'junk' })
  const redis = await operator(server.url)
  const key = unique('key')
  await fill(store, key, key)
  for (const name of await redis.keys('{junk:*:t:*')) {
    await redis.del(name)
    await redis.hSet(name, 'a', 'b')
  }
  for (const name of await redis.keys('{junk:*:v:*')) {
    await redis.del(name)
    await redis.lPush(name, 'a')
  }
  expect((await store.read(readOf(key, key))).value).toBeUndefined()
  await fill(store, key, key)
  expect(await isHit(store, key, key)).toBe(true)
})

test('a stamp of junk is never a hit and makes room for a stamp', async () => {
  const { store } = await connected({ redis: server.url, prefix: 'odd' })
  const redis = await operator(server.url)
  const key = unique('key')
  await store.read(readOf(key, key))
  const [name] = await redis.keys('{odd:*:t:*')
  await redis.set(name ?? '', Buffer.from([0, 10, 255]))
  expect((await store.read(readOf(key, key))).stamps).toEqual([undefined])
  await store.touch([])
  await expect.poll(async () => (await store.read(readOf(key, key))).stamps[0]).toMatch(/^[\w-]{16,}$/)
})

test('a flushed script cache costs nothing but a round trip (H28)', async () => {
  const { store, resets } = await connected({ redis: server.url })
  const redis = await operator(server.url)
  const key = unique('key')
  await fill(store, key, key)
  await redis.scriptFlush()
  expect(await isHit(store, key, key)).toBe(true)
  await redis.scriptFlush()
  await store.touch([key])
  await redis.scriptFlush()
  await store.barrier()
  expect(store.available).toBe(true)
  expect(resets).toBe(0)
})

test('a flush voids everything known, and the cache begins anew', async () => {
  const watched = await connected({ redis: server.url })
  const redis = await operator(server.url)
  const key = unique('key')
  await fill(watched.store, key, key)
  const ready = watched.nextReady()
  await redis.flushAll()
  await ready
  expect(watched.resets).toBeGreaterThan(0)
  expect(await isHit(watched.store, key, key)).toBe(false)
  await fill(watched.store, key, key)
  expect(await isHit(watched.store, key, key)).toBe(true)
})

test('a release after a flush voids what was filled since, although its mark is gone', async () => {
  const writer = await connected({ redis: server.url })
  const reader = await connected({ redis: server.url })
  const redis = await operator(server.url)
  const tag = unique('tag')
  const mark = { tags: [tag], tables: [], mark: 'w:1' }
  await writer.store.mark(mark)
  const ready = Promise.all([writer.nextReady(), reader.nextReady()])
  await redis.flushAll()
  await ready
  await fill(reader.store, tag, tag)
  await writer.store.release(mark)
  expect(await isHit(reader.store, tag, tag)).toBe(false)
})

test('another incarnation, made by a process that knows better, voids what this one knows before its barrier', async () => {
  const watched = await connected({ redis: server.url, prefix: 'anew' })
  const redis = await operator(server.url)
  const [name] = await redis.keys('{anew:*:incarnation')
  const reset = watched.nextReset()
  await redis.set(name ?? '', 'other.server.name')
  await expect(watched.store.barrier()).rejects.toThrow('restarted, flushed or failed over')
  await reset
})

describe('when memory is full', () => {
  test('values are refused for a while, stamps and marks are not', async () => {
    await using full = await startRedis({ args: ['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'] })
    const { store } = await connected({ redis: full.url })
    const tag = unique('tag')
    const big = Buffer.alloc(1_000_000)
    const fillUp = async (): Promise<void> => {
      for (let at = 0; at < 10; at++) await store.store(`big${at}`, big, 60_000)
    }
    await expect(fillUp()).rejects.toThrow('memory of Redis is full')
    await expect(store.store('small', Buffer.from('x'), 60_000)).rejects.toThrow('memory of Redis is full')
    expect((await store.read(readOf(tag, tag))).stamps[0]).toMatch(/./)
    await store.mark({ tags: [tag], tables: [], mark: 'w:1' })
    expect((await store.read(readOf(tag, tag))).stamps).toEqual([undefined])
    await store.release({ tags: [tag], tables: [], mark: 'w:1' })
    expect(store.available).toBe(true)
  })

  test('a mark survives eviction under volatile-lru (H22)', async () => {
    await using full = await startRedis({
      args: ['--maxmemory', '4mb', '--maxmemory-policy', 'volatile-lru'],
    })
    const { store } = await connected({ redis: full.url })
    const redis = await operator(full.url)
    await store.mark({ tags: ['marked'], tables: [], mark: 'w:1' })
    for (let at = 0; at < 400; at++) await store.store(`big${at}`, Buffer.alloc(50_000), 60_000)
    const evicted = /evicted_keys:(\d+)/.exec(await redis.info('stats'))?.[1]
    expect(Number(evicted)).toBeGreaterThan(100)
    expect(await store.orphans(['marked'])).toEqual([{ tag: 'marked', marks: ['w:1'] }])
    expect((await store.read(readOf('k', 'marked'))).stamps).toEqual([undefined])
  })

  test('a policy that may evict marks is refused, and the warning names the remedy (H22)', async () => {
    await using full = await startRedis({ args: ['--maxmemory', '4mb', '--maxmemory-policy', 'allkeys-lru'] })
    const watched = watch({ redis: full.url })
    await expect.poll(() => watched.warnings.join()).toContain('volatile-lru or noeviction')
    expect(watched.store.available).toBe(false)
    expect(watched.store.state.reason).toContain('allkeys-lru')
    const redis = await operator(full.url)
    const ready = watched.nextReady()
    await redis.configSet('maxmemory-policy', 'volatile-lru')
    await ready
    expect(watched.store.available).toBe(true)
  })
})
