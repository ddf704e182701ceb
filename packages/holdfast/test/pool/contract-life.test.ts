import { EventEmitter } from 'node:events'
import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runScript } from '../support/child.js'
import { CONTENDERS, event, poolForTest, rejection } from '../support/contender.js'

let connectionString: string
let observer: pg.Client

beforeAll(async () => {
  connectionString = (await temporaryDatabase()).url
  observer = new pg.Client({ connectionString })
  await observer.connect()
})
afterAll(() => observer.end())

const counters = ({ totalCount, idleCount, waitingCount }: pg.Pool) => [totalCount, idleCount, waitingCount]

/** Long enough for what must not happen, and for nothing else: the server counts the time. */
const whileTheServerSleeps = () => observer.query('SELECT pg_sleep(0.25)')

async function openTogether(pool: pg.Pool, count: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => pool.connect()))
  for (const client of clients) client.release()
}

describe.each(CONTENDERS)('the life of clients, in the pool of $of', ({ Contender }) => {
  test('shows in totalCount, idleCount and waitingCount', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    expect(counters(pool)).toEqual([0, 0, 0])
    const client = await pool.connect()
    expect(counters(pool)).toEqual([1, 0, 0])
    const waiters = [pool.connect(), pool.connect()]
    expect(counters(pool)).toEqual([1, 0, 2])
    client.release()
    for (const waiter of waiters) (await waiter).release()
    expect(counters(pool)).toEqual([1, 1, 0])
  })

  test('ends after idleTimeoutMillis without use', async () => {
    const pool = poolForTest(Contender, { connectionString, idleTimeoutMillis: 30 })
    const removed = event(pool, 'remove')
    await pool.query('SELECT 1')
    await removed
    expect(counters(pool)).toEqual([0, 0, 0])
  })

  test('goes on without end when idleTimeoutMillis is 0', async () => {
    const pool = poolForTest(Contender, { connectionString, idleTimeoutMillis: 0 })
    await pool.query('SELECT 1')
    await whileTheServerSleeps()
    expect(pool.idleCount).toBe(1)
  })

  test('goes on for min of them, and min opens none', async () => {
    const pool = poolForTest(Contender, { connectionString, idleTimeoutMillis: 30, min: 1 })
    await whileTheServerSleeps()
    expect(pool.totalCount).toBe(0)
    const removed = event(pool, 'remove')
    await openTogether(pool, 2)
    await removed
    await whileTheServerSleeps()
    expect(pool.totalCount).toBe(1)
  })

  test('ends after maxUses', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1, maxUses: 2 })
    const clients = new Set<unknown>()
    pool.on('connect', client => clients.add(client))
    for (const uses of [1, 2, 3, 4, 5]) {
      await pool.query('SELECT 1')
      expect(clients.size).toBe(Math.ceil(uses / 2))
    }
  })

  test('ends after maxLifetimeSeconds: at once when idle, at its release when borrowed', async () => {
    const pool = poolForTest(Contender, { connectionString, maxLifetimeSeconds: 1, idleTimeoutMillis: 0 })
    const borrowed = await pool.connect()
    expect(pool.expiredCount).toBe(0)
    const idle = await pool.connect()
    const first = event(pool, 'remove')
    idle.release()
    expect(await first).toEqual([idle])
    expect(pool.expiredCount).toBe(1)
    const second = event(pool, 'remove')
    borrowed.release()
    expect(await second).toEqual([borrowed])
    expect([pool.expiredCount, pool.totalCount]).toEqual([0, 0])
  })
})

describe.each(CONTENDERS)('the end, of the pool of $of', ({ of, Contender }) => {
  test('shows in ending and ended, and waits for borrowers', async () => {
    const pool = poolForTest(Contender, { connectionString })
    const client = await pool.connect()
    expect([pool.ending, pool.ended]).toEqual([false, false])
    const end = pool.end()
    expect([pool.ending, pool.ended]).toEqual([true, false])
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    client.release()
    await end
    expect([pool.ending, pool.ended]).toEqual([true, true])
    expect(counters(pool)).toEqual([0, 0, 0])
  })

  test('comes only once: the second call is told so', async () => {
    const pool = poolForTest(Contender, { connectionString })
    const end = pool.end()
    expect((await rejection(pool.end())).message).toBe('Called end on pool more than once')
    const told = await new Promise(resolve => pool.end(resolve as () => void))
    expect(told).toMatchObject({ message: 'Called end on pool more than once' })
    await end
  })

  test('calls back', async () => {
    const pool = poolForTest(Contender, { connectionString })
    await pool.query('SELECT 1')
    const told = await new Promise(resolve => pool.end(resolve as () => void))
    expect(told).toBeUndefined()
    expect(pool.ended).toBe(true)
  })

  test('refuses everybody who comes after it', async () => {
    const pool = poolForTest(Contender, { connectionString })
    await pool.end()
    const refusal = /^Cannot use a pool after calling end on the pool/
    expect((await rejection(pool.connect())).message).toMatch(refusal)
    expect((await rejection(pool.query('SELECT 1'))).message).toMatch(refusal)
    const told = await new Promise(resolve => pool.connect(resolve))
    expect((told as Error).message).toMatch(refusal)
  })

  test('need not come for the process to exit with allowExitOnIdle', async () => {
    const script = `
      const { Pool } = require('${of}')
      const pool = new Pool({ connectionString: process.env.URL, allowExitOnIdle: true, idleTimeoutMillis: 0 })
      Promise.all([1, 2, 3].map(n => pool.query('SELECT $1::int AS n', [n])))
        .then(results => console.log(results.map(({ rows }) => rows[0].n).join()))`
    const { output, exit } = await runScript(script, connectionString).ended
    expect(exit).toEqual([0, null])
    expect(output).toBe('1,2,3\n')
  })
})

describe.each(CONTENDERS)('what tools read, of the pool of $of', ({ of, Contender }) => {
  test('is pg.Pool, an emitter, and a class that asks for new', () => {
    const pool = poolForTest(Contender, { connectionString })
    expect(pool).toBeInstanceOf(pg.Pool)
    expect(pool).toBeInstanceOf(EventEmitter)
    expect(() => (Contender as unknown as () => void)()).toThrow(TypeError)
    expect(Contender.name, of).toContain('Pool')
  })

  test('is in options, with which another pool or client can be made', async () => {
    const given = {
      connectionString,
      max: 3,
      min: 1,
      idleTimeoutMillis: 500,
      maxUses: 9,
      allowExitOnIdle: true,
    }
    const pool = poolForTest(Contender, given)
    expect(pool.options).toMatchObject({ ...given, maxLifetimeSeconds: expect.any(Number) })
    const another = poolForTest(Contender, pool.options)
    expect((await another.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    const client = new pg.Client(pool.options as pg.ClientConfig)
    await client.connect()
    await client.end()
  })

  test('is the Promise, and the listeners', async () => {
    const pool = new Contender({ connectionString })
    expect((pool as unknown as { Promise: unknown }).Promise).toBe(Promise)
    const listener = () => {}
    expect(pool.listeners('error')).toEqual([])
    pool.on('error', listener)
    expect(pool.listeners('error')).toEqual([listener])
    await pool.end()
  })

  test('is told to log', async () => {
    const messages: unknown[][] = []
    const log = (...message: unknown[]) => messages.push(message)
    const pool = poolForTest(Contender, { connectionString, max: 1, log })
    await pool.query('SELECT 1')
    await pool.end()
    const query = ['connecting new client', 'new client connected', 'dispatching query', 'query dispatched']
    const told = messages.map(([message]) => message)
    expect(told.filter(message => [...query, 'ending'].includes(message as string))).toEqual([
      ...query,
      'ending',
    ])
    const down = poolForTest(Contender, { connectionString: 'postgres://nobody@127.0.0.1:1/none', log })
    const error = await rejection(down.query('SELECT 1'))
    expect(messages).toContainEqual(['client failed to connect', error])
  })
})
