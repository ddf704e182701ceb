import { temporaryDatabase } from '@holdfast/testkit'
import { type OverloadedError, Pool, type PoolOptions, type Priority, type Warning } from 'holdfast'
import type pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { event, poolForTest, rejection } from '../support/contender.js'

let connectionString: string

beforeAll(async () => {
  connectionString = (await temporaryDatabase()).url
})

const open = (options: PoolOptions) => poolForTest(Pool, { connectionString, ...options }) as Pool

/** Callers that note when they were served, and give their client back at once. */
function callers(pool: Pool) {
  const served: string[] = []
  const refused = new Map<string, OverloadedError>()
  const call = (name: string, priority?: Priority) =>
    pool.connect({ ...(priority && { priority }) }).then(
      client => {
        served.push(name)
        client.release()
      },
      error => {
        refused.set(name, error)
      },
    )
  return { served, refused, call }
}

/** A pool whose only connections are lent, so that everybody has to wait. */
async function busy(options: PoolOptions): Promise<{ pool: Pool; clients: pg.PoolClient[] }> {
  const pool = open({ max: 1, connectionTimeoutMillis: 60_000, ...options })
  const borrow = () => pool.connect({ priority: 'critical' })
  return { pool, clients: await Promise.all(Array.from({ length: options.max ?? 1 }, borrow)) }
}

const releaseAll = (clients: pg.PoolClient[]) => {
  for (const client of clients) client.release()
}

/**
 * Brings a pool with one connection into overload: more and more wait, and whoever gets the connection has waited for
 * longer than the target. Returns when the first was turned away.
 */
async function overloaded(pool: Pool): Promise<OverloadedError> {
  let refusal: OverloadedError | undefined
  const waiting: Promise<unknown>[] = []
  const wait = () =>
    waiting.push(
      pool.query('SELECT pg_sleep(0.002)').catch(error => {
        refusal ??= error
      }),
    )
  while (refusal === undefined) {
    for (let i = 0; i < 4; i++) wait()
    await pool.query({ text: 'SELECT 1', priority: 'critical' })
  }
  await Promise.all(waiting)
  return refusal
}

describe('who waits for a connection', () => {
  test('is served by priority, and in the order of coming among equals', async () => {
    const { pool, clients } = await busy({})
    const { served, call } = callers(pool)
    const calls = [
      call('background 1', 'background'),
      call('normal 1'),
      call('critical 1', 'critical'),
      call('normal 2', 'normal'),
      call('background 2', 'background'),
      call('critical 2', 'critical'),
    ]
    releaseAll(clients)
    await Promise.all(calls)
    expect(served).toEqual([
      'critical 1',
      'critical 2',
      'normal 1',
      'normal 2',
      'background 1',
      'background 2',
    ])
  })

  test('keeps its priority as a query and as a transaction too', async () => {
    const { pool, clients } = await busy({})
    const order: string[] = []
    const note = (name: string) => () => order.push(name)
    const calls = [
      pool.query({ text: 'SELECT 1', priority: 'background' }).then(note('query')),
      pool.query('SELECT 1').then(note('normal')),
      pool.transaction(tx => tx.query('SELECT 1'), { priority: 'critical' }).then(note('transaction')),
    ]
    releaseAll(clients)
    await Promise.all(calls)
    expect(order).toEqual(['transaction', 'normal', 'query'])
  })

  test('is refused with a priority that there is not', async () => {
    const pool = open({})
    const priority = 'urgent' as Priority
    const calls = [
      () => pool.query({ text: 'SELECT 1', priority }),
      async () => pool.connect({ priority }),
      () => pool.transaction(async () => {}, { priority }),
    ]
    for (const call of calls) {
      expect(await rejection(call())).toMatchObject({ code: 'HOLDFAST_OPTIONS', path: 'priority' })
    }
  })

  test('finds a connection that is reserved for critical calls only as one', async () => {
    const { pool, clients } = await busy({ max: 2, overload: { reserved: 1 } })
    const { served, call } = callers(pool)
    const normal = [call('normal 1'), call('normal 2')]
    clients[0]?.release()
    await call('critical', 'critical')
    await call('critical again', 'critical')
    expect(served).toEqual(['critical', 'critical again'])
    clients[1]?.release()
    await Promise.all(normal)
    expect(served.slice(2)).toEqual(['normal 1', 'normal 2'])
  })

  test('warmup() opens reserved connections too', async () => {
    const pool = open({ max: 2, minIdle: 2, overload: { reserved: 1 } })
    await pool.warmup()
    expect(pool.idleCount).toBe(2)
  })
})

describe('more calls than the database can serve', () => {
  test('are turned away when too many wait, with numbers and the time to come back', async () => {
    const { pool, clients } = await busy({ overload: { maxWaiting: 2 } })
    const { served, refused, call } = callers(pool)
    const calls = [call('first'), call('second'), call('third')]
    await calls[2]
    const error = refused.get('third')
    expect(error).toMatchObject({
      name: 'OverloadedError',
      code: 'HOLDFAST_OVERLOADED',
      category: 'overloaded',
      retry: 'safe',
      reason: 'queue full',
      pool: { max: 1, active: 1, waiting: 2 },
    })
    expect(error?.retryAfter).toBeGreaterThanOrEqual(1_000)
    expect(error?.message).toContain('2 callers already wait [total=1 active=1')
    releaseAll(clients)
    await Promise.all(calls)
    expect(served).toEqual(['first', 'second'])
  })

  test('are turned away for a more important one when the queue is full', async () => {
    const { pool, clients } = await busy({ overload: { maxWaiting: 2 } })
    const { served, refused, call } = callers(pool)
    const calls = [call('background', 'background'), call('normal'), call('critical', 'critical')]
    await calls[0]
    expect(refused.get('background')).toMatchObject({ reason: 'shed' })
    expect(refused.get('background')?.message).toContain('this one (background) was turned away after')
    releaseAll(clients)
    await Promise.all(calls)
    expect(served).toEqual(['critical', 'normal'])
  })

  test('are not even queued when their turn would come after their deadline', async () => {
    const pool = open({ max: 1, connectionTimeoutMillis: 60_000, overload: { target: 0 } })
    const slow = 'SELECT pg_sleep(0.02)'
    const calls = Array.from({ length: 100 }, () => pool.query(slow))
    // Twice ten turns tell how fast the queue moves.
    await Promise.all(calls.slice(0, 25))
    const waiting = pool.waitingCount
    const error = await rejection(pool.query({ text: slow, timeout: 100 }))
    expect(error).toMatchObject({ code: 'HOLDFAST_OVERLOADED', reason: 'hopeless deadline', retry: 'safe' })
    expect(error.message).toMatch(/would be done in about .+, and its deadline is in \d+ ms/)
    expect((error as OverloadedError).retryAfter).toBeGreaterThanOrEqual(1_000)
    expect(pool.waitingCount).toBeLessThanOrEqual(waiting)
    // With time enough the same call is served.
    await pool.query({ text: 'SELECT 1', timeout: '5m', priority: 'critical' })
    await Promise.all(calls)
  })

  test('are shed when waits stay long: the error says so, and who is critical is served', async () => {
    const pool = open({ max: 1, connectionTimeoutMillis: 60_000, overload: { target: 1, interval: 20 } })
    const error = await overloaded(pool)
    expect(error).toMatchObject({
      name: 'OverloadedError',
      reason: 'shed',
      retry: 'safe',
      category: 'overloaded',
      pool: { max: 1 },
    })
    expect(error.message).toMatch(/more calls come in than can be served, and this one \(normal\) was turned/)
    expect(error.retryAfter).toBeGreaterThanOrEqual(1_000)
  })

  test('are served newest first while overloaded, and in order of their coming again afterwards', async () => {
    // An overload is over ten intervals after the last was turned away: long enough for a slow machine.
    const overload = { target: 1, interval: 300 }
    const pool = open({ max: 1, connectionTimeoutMillis: 60_000, overload })
    await overloaded(pool)
    const held = await pool.connect({ priority: 'critical' })
    const during = callers(pool)
    const older = during.call('older')
    const newer = during.call('newer')
    await older
    // One turn of one connection: one may wait.
    expect(during.refused.get('older')).toMatchObject({ reason: 'shed' })
    held.release()
    await newer
    expect(during.served).toEqual(['newer'])
    // Nobody has to be turned away any more for ten intervals.
    await pool.query('SELECT pg_sleep(3.1)')
    const client = await pool.connect()
    const after = callers(pool)
    const calls = ['first', 'second', 'third'].map(name => after.call(name))
    client.release()
    await Promise.all(calls)
    expect(after.served).toEqual(['first', 'second', 'third'])
  })

  test('are all served when they come as one burst, however long the last one waits', async () => {
    const pool = open({ max: 2, connectionTimeoutMillis: 60_000, overload: { target: 1, interval: 1 } })
    const calls = Array.from({ length: 200 }, () => pool.query('SELECT pg_sleep(0.002)'))
    expect(await Promise.all(calls)).toHaveLength(200)
  })

  test('all wait when overload protection is off', async () => {
    const { pool, clients } = await busy({ overload: false })
    const { served, call } = callers(pool)
    const calls = Array.from({ length: 1_500 }, (_, i) => call(`${i}`))
    releaseAll(clients)
    await Promise.all(calls)
    expect(served).toHaveLength(1_500)
  })
})

test('cache hits are never turned away: they need no connection', async () => {
  const pool = open({ max: 2, overload: { maxWaiting: 0 }, cache: { tables: { kept: '1h' } } })
  await pool.query('CREATE TABLE kept (id int PRIMARY KEY); INSERT INTO kept VALUES (1)')
  const read = () => pool.query('SELECT id FROM kept WHERE id = $1', [1])
  let { cache } = (await read()) as { cache?: { status?: string } }
  while (cache?.status !== 'hit') cache = ((await read()) as { cache?: { status?: string } }).cache
  const clients = await Promise.all([pool.connect(), pool.connect()])
  expect(await rejection(pool.query('SELECT 1'))).toMatchObject({ reason: 'queue full' })
  expect((await read()).rows).toEqual([{ id: 1 }])
  releaseAll(clients)
})

describe('a pool that may want more connections than the server has', () => {
  const warned = (options: PoolOptions) => {
    const pool = open({ idleTimeoutMillis: 100, min: 1, ...options })
    return new Promise<Warning>(resolve => pool.on('warning', resolve).query('SELECT 1'))
  }

  test('is warned of with numbers, without being asked for anything', async () => {
    const warning = await warned({ name: 'greedy', max: 5_000, overload: { instances: 3 } })
    expect(warning.code).toBe('server-connections')
    expect(warning.message).toMatch(
      /"greedy" may open 5000 connections in each of 3 processes, 15000 in all; the server allows \d+/,
    )
  })

  test('still lends the connection over which the server was asked', async () => {
    const pool = open({ idleTimeoutMillis: 100, min: 1, max: 5_000 })
    const warning = event(pool, 'warning')
    const pid = (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    await warning
    expect((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid).toBe(pid)
    expect(pool.totalCount).toBe(1)
  })
})
