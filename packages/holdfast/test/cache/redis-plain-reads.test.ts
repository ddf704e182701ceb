import { type RedisServer, startRedis } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../dist/base/clock.js'
import { RedisLink } from '../../dist/cache/redis-link.js'
import { redisSource } from '../../dist/cache/redis-source.js'
import type { RedisStore } from '../../dist/cache/redis-store.js'
import { connected, operator, readOf, unique } from './redis-fixture.js'
import { fill } from './remote-store-contract.js'

// Several reads at once are asked for with plain commands, and only those that are no hits go through the script. The
// first of all, which meets nobody, goes through it at once.

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Reads at once, each of a key with a tag of its own and one that all share. */
const readAll = (store: RedisStore, keys: readonly string[]) =>
  Promise.all(keys.map(key => store.read(readOf(key, key, 'shared'))))

const payloadsOf = (answers: Awaited<ReturnType<typeof readAll>>) =>
  answers.map(({ value }) => value?.toString('latin1').split('\0')[1])

async function filled(count: number): Promise<{ store: RedisStore; keys: string[] }> {
  const { store } = await connected({ redis: server.url })
  const keys = Array.from({ length: count }, () => unique('plain'))
  for (const key of keys) await fill(store, key, key, 'shared')
  return { store, keys }
}

/** How often the script of reads ran meanwhile. */
async function scriptsIn(work: () => Promise<unknown>): Promise<number> {
  const redis = await operator(server.url)
  await redis.configResetStat()
  await work()
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
}

test('hits that meet each other need no script, also more of them than fit into one batch', async () => {
  const { store, keys } = await filled(50)
  expect(
    await scriptsIn(async () => {
      const answers = await readAll(store, keys)
      expect(payloadsOf(answers)).toEqual(keys)
      expect(answers.map(({ lease }) => lease)).toEqual(keys.map(() => 'none'))
    }),
  ).toBe(1)
})

test('what is missing, outdated or marked is answered by a script for all of them, each by itself', async () => {
  const { store, keys } = await filled(4)
  const [, , outdated = '', marked = ''] = keys
  await store.touch([outdated])
  await store.mark({ tags: [marked], tables: [], mark: 'writer:1' })
  const missing = unique('plain')
  let answers: Awaited<ReturnType<typeof readAll>> = []
  const scripts = await scriptsIn(async () => {
    answers = await readAll(store, [...keys, missing])
  })
  expect(scripts).toBe(2)
  const [alone, current, touched, underWay, absent] = answers
  expect([alone, current].map(answer => answer?.lease)).toEqual(['none', 'none'])
  expect(touched?.lease).toBe('taken')
  expect(touched?.stamps.every(stamp => stamp !== undefined)).toBe(true)
  expect(underWay?.stamps[0]).toBeUndefined()
  expect(absent).toMatchObject({ value: undefined, lease: 'taken' })
})

test('of the values nothing is tracked, of the stamps everything', async () => {
  const { store, keys } = await filled(20)
  const { store: writer } = await connected({ redis: server.url })
  const invalidated: string[] = []
  store.onInvalidated = tag => invalidated.push(tag)
  const redis = await operator(server.url)
  const tracked = async () => Number(/tracking_total_keys:(\d+)/.exec(await redis.info('stats'))?.[1])
  const before = await tracked()
  await readAll(store, keys)
  expect((await tracked()) - before).toBeLessThan(keys.length / 2)
  for (const key of keys) await writer.touch([key])
  await store.barrier()
  expect(new Set(invalidated)).toEqual(new Set(keys))
})

test('a value under stamps that have been replaced is none', async () => {
  const { store, keys } = await filled(3)
  const { store: other } = await connected({ redis: server.url })
  for (const key of keys) {
    await other.touch([key])
    // The tag has a stamp again, another one.
    await other.read({ ...readOf(unique('plain'), key), lease: false })
  }
  const answers = await readAll(store, keys)
  expect(answers.map(({ lease }) => lease)).toEqual(['taken', 'taken', 'taken'])
})

describe('the link reads nothing plainly', () => {
  async function openLink(url: string): Promise<RedisLink> {
    const events = { onInvalidated: nothing, onDoubt: nothing, onLost: nothing }
    const link = await RedisLink.open({
      locate: redisSource(url, systemClock),
      root: '{plain}',
      clock: systemClock,
      events,
    })
    onTestFinished(() => link.close())
    return link
  }

  test('from a server that is not in charge any more', async () => {
    await using former = await startRedis()
    await using primary = await startRedis()
    const link = await openLink(former.url)
    await link.readPlainly([link.valueKey('k')], [link.tagKey('t')])
    const redis = await operator(former.url)
    await redis.sendCommand(['REPLICAOF', '127.0.0.1', String(primary.port)])
    const answer = link.readPlainly([link.valueKey('k')], [link.tagKey('t')])
    await expect(answer).rejects.toMatchObject({ trouble: 'gone' })
  })

  test('from a server that holds another cache', async () => {
    await using flushed = await startRedis()
    const link = await openLink(flushed.url)
    const redis = await operator(flushed.url)
    await redis.flushAll()
    const answer = link.readPlainly([link.valueKey('k')], [link.tagKey('t')])
    await expect(answer).rejects.toMatchObject({ trouble: 'incarnation' })
  })
})

const nothing = (): void => undefined
