import { expect, test } from 'vitest'
import { soon } from '../support/contender.js'
import { startRelay } from '../support/relay.js'
import {
  calls,
  closeGate,
  eventually,
  marks,
  openGate,
  operator,
  READ,
  see,
  TABLES,
  WRITE,
  waitingAtGate,
  world,
} from './redis-world.js'

const $ = world()

const OF_OWNER = 'SELECT sum(n)::int AS n FROM item WHERE owner = $1'
/** Reads that find 0 wait at the gate, after their snapshot. */
const GATED = 'SELECT n, gate(n) FROM item WHERE id = $1'

/** A relay to the database of the tests. */
const relayToDatabase = () => startRelay(Number(new URL($.database.url).port))

test('a read does not join a load of its own process that began before a write of another (H1)', async () => {
  const [writer, reader] = [await $.pool(), await $.pool()]
  await closeGate($.admin)
  const slow = see(reader, GATED)
  await waitingAtGate($.admin, 1)
  await writer.query(WRITE, [1, 1])
  const seen = await soon(see(reader, GATED), 'a load of its own').finally(() => openGate($.admin))
  expect(seen.n).toBe(1)
  expect((await slow).n).toBe(0)
})

test('what a slow load stores late is no hit for anybody who reads after the write (H1)', async () => {
  const [writer, slow, reader] = [await $.pool(), await $.pool(), await $.pool()]
  const redis = await operator($.redis.url)
  await closeGate($.admin)
  const late = see(slow, GATED)
  await waitingAtGate($.admin, 1)
  await writer.query(WRITE, [1, 1])
  const stored = await calls(redis, 'set')
  await openGate($.admin)
  expect(await late).toEqual({ n: 0, from: 'miss' })
  // Stored although it is outdated: nothing but its stamps tells.
  await eventually(() => calls(redis, 'set')).toBeGreaterThan(stored)
  for (const pool of [slow, reader, writer]) expect((await see(pool, GATED)).n).toBe(1)
})

test('a writer paused between mark and COMMIT keeps its mark, however often others look (H3)', async () => {
  const relay = await relayToDatabase()
  const writer = await $.pool({ connectionString: relay.url($.database.url) })
  const [reader, redis] = [await $.pool(), await operator($.redis.url)]
  await see(reader)
  const commit = relay.holdAt('COMMIT')
  const writing = writer.query(WRITE, [1, 1])
  await commit.reached
  const looks = await calls(redis, 'srandmember')
  // Beyond the instant at which a mark becomes suspicious, and long enough for two looks.
  while ((await calls(redis, 'srandmember')) < looks + 2) {
    expect(await see(reader)).toEqual({ n: 0, from: 'bypass write-under-way' })
  }
  const marked = await marks(redis, $.prefix)
  expect(marked.size).toBeGreaterThan(0)
  for (const key of marked.keys()) expect(await redis.pTTL(key)).toBe(-1)
  commit.pass()
  await writing
  expect((await see(reader)).n).toBe(1)
})

test('the end of one write does not clear the mark of another on the same tag (H4)', async () => {
  const [one, other] = [await relayToDatabase(), await relayToDatabase()]
  const first = await $.pool({ connectionString: one.url($.database.url) })
  const second = await $.pool({ connectionString: other.url($.database.url) })
  const [reader, redis] = [await $.pool(), await operator($.redis.url)]
  await see(reader, OF_OWNER)
  const commits = [one.holdAt('COMMIT'), other.holdAt('COMMIT')] as const
  const writes = [first.query(WRITE, [1, 1]), second.query(WRITE, [2, 10])] as const
  await Promise.all(commits.map(({ reached }) => reached))
  expect(Math.max(...(await marks(redis, $.prefix)).values())).toBe(2)
  commits[0].pass()
  await writes[0]
  await eventually(async () => Math.max(...(await marks(redis, $.prefix)).values())).toBe(1)
  expect(await see(reader, OF_OWNER)).toEqual({ n: 1, from: 'bypass write-under-way' })
  commits[1].pass()
  await writes[1]
  expect((await see(reader, OF_OWNER)).n).toBe(11)
})

test('processes that know other keyed columns of a table do not serve each other what is outdated (H10)', async () => {
  const old = await $.pool({ cache: { tables: { item: '1h', probe: '1h' } } })
  const young = await $.pool({ cache: { tables: TABLES } })
  for (let n = 1; n <= 20; n++) {
    const [writer, reader] = n % 2 === 0 ? [young, old] : [old, young]
    await see(reader, OF_OWNER)
    await see(reader, OF_OWNER)
    await writer.query(WRITE, [1, n])
    expect((await see(reader, OF_OWNER)).n).toBe(n)
  }
  // Neither is left without a cache.
  for (const pool of [old, young])
    await eventually(async () => (await see(pool, OF_OWNER)).from).toBe('hit memory')
})

test('a row moved by a process with other keyed columns leaves both places (H10)', async () => {
  const old = await $.pool({ cache: { tables: { item: '1h', probe: '1h' } } })
  const young = await $.pool({ cache: { tables: TABLES } })
  await $.admin.query('UPDATE item SET n = 1')
  for (const owner of [1, 2]) await see(young, OF_OWNER, owner)
  await old.query('UPDATE item SET owner = 2 WHERE id = 1')
  expect([await see(young, OF_OWNER, 1), await see(young, OF_OWNER, 2)].map(({ n }) => n)).toEqual([9, 1])
})

test('a write of many rows is marked by one call (H25)', async () => {
  const [pool, redis] = [await $.pool(), await operator($.redis.url)]
  await pool.query('SELECT 1')
  await redis.configResetStat()
  await pool.query('UPDATE item SET n = 5 WHERE id = ANY($1)', [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
  await eventually(() => calls(redis, 'srem')).toBeGreaterThan(0)
  expect(await calls(redis, 'sadd')).toBeGreaterThan(10)
  expect(await calls(redis, 'evalsha')).toBe(2)
})

test('a Redis that stalls at the mark does not hold the row locks of a write (H25)', async () => {
  const relay = await startRelay($.redis.port)
  const pool = await $.pool({ cache: { redis: relay.url($.redis.url), redisTimeout: '100ms' } })
  relay.stall('requests', 'answers')
  // Redis never answers again: only the budget can end this.
  await soon(pool.query(WRITE, [1, 1]), 'the end of the write')
  expect((await $.admin.query(READ, [1])).rows).toEqual([{ n: 1 }])
  await soon($.admin.query(WRITE, [1, 2]), 'the row lock')
  expect(pool.cache.stats().unmarked).toBe(1)
})
