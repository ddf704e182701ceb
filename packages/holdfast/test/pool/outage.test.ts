import { type PostgresServer, startPostgres, startTcpProxy, temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { event, poolForTest, rejection } from '../support/contender.js'
import { startRelay } from '../support/relay.js'

const open = (connectionString: string, options: PoolOptions = {}) =>
  poolForTest(Pool, { connectionString, ...options }) as Pool

/** Repeats a call until its error is of this code; every call has to fail. */
async function untilRefusedWith(code: string, call: () => Promise<unknown>) {
  for (;;) {
    const error = await rejection(call())
    if (error.code === code) return error as Error & { retryAfter?: number }
  }
}

describe('while a server that was there is away', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** A pool that has had connections, with its server stopped. */
  async function afterStop(options: PoolOptions = {}): Promise<Pool> {
    if (server.pid === undefined) await server.start()
    const pool = open(server.url, options)
    await pool.query('SELECT 1')
    const noticed = event(pool, 'remove')
    await server.stop()
    await noticed
    return pool
  }

  test('calls wait within their deadline and are served when it is back: a restart costs a pause', async () => {
    const pool = await afterStop({ connectionTimeoutMillis: 60_000, max: 5 })
    const calls = Array.from({ length: 40 }, (_, i) => pool.query('SELECT $1::int AS i', [i]))
    const probed = pool.query('SELECT 1')
    await rejection(pool.query({ text: 'SELECT 1', timeout: 300 }))
    await server.start()
    const rows = (await Promise.all(calls)).map(({ rows: [row] }) => row.i)
    expect(rows).toEqual(Array.from({ length: 40 }, (_, i) => i))
    await probed
    expect(pool.stats().isHealthy).toBe(true)
  })

  test('the pool finds it again by itself, without anybody who asks', async () => {
    const pool = await afterStop()
    await rejection(pool.query({ text: 'SELECT 1', timeout: 50 }))
    expect(pool.stats().isHealthy).toBe(false)
    expect(pool.stats().breaker).not.toBe('closed')
    const back = event(pool, 'connect')
    await server.start()
    await back
    expect(pool.stats()).toMatchObject({ isHealthy: true, breaker: 'closed', totalCount: 1 })
  })

  test('a call whose time is over before the next attempt is told at once, why and when to come back', async () => {
    const pool = await afterStop()
    const error = await untilRefusedWith('HOLDFAST_UNAVAILABLE', () =>
      pool.query({ text: 'SELECT 1', timeout: 10 }),
    )
    expect(error).toMatchObject({ name: 'UnavailableError', category: 'unreachable', retry: 'safe' })
    expect(error.cause).toMatchObject({ code: 'HOLDFAST_CONNECT_REFUSED' })
    expect(error.message).toContain('comes after the deadline of this call. Nothing was sent.')
    expect(error.retryAfter).toBeGreaterThan(0)
    expect(error.retryAfter).toBeLessThanOrEqual(2_000)
  })

  test('a call that waited in vain is told that the server was away, and when to come back', async () => {
    const pool = await afterStop()
    const error = await untilRefusedWith('HOLDFAST_POOL_TIMEOUT', () =>
      pool.query({ text: 'SELECT 1', timeout: 500 }),
    )
    expect(error.message).toContain('the server cannot be reached')
    expect(error.cause).toMatchObject({ code: 'HOLDFAST_CONNECT_REFUSED' })
    expect(error.retryAfter).toBeGreaterThanOrEqual(0)
  })

  test('a check of health does not wait for it', async () => {
    const pool = await afterStop({ connectionTimeoutMillis: 0 })
    const waiting = rejection(pool.query({ text: 'SELECT 1', timeout: '1h' }))
    while (pool.stats().isHealthy) await rejection(pool.query({ text: 'SELECT 1', timeout: 100 }))
    const health = await pool.health({ timeout: '1h' })
    expect(health.healthy).toBe(false)
    expect(health.error).toMatchObject({ code: 'HOLDFAST_CONNECT_REFUSED' })
    await pool.end()
    expect(await waiting).toMatchObject({ code: 'HOLDFAST_POOL_ENDED' })
  })
})

test('a server that nobody has ever seen is not waited for', async () => {
  const pool = open('postgres://nobody@127.0.0.1:1/none', { connectionTimeoutMillis: 0 })
  const error = await rejection(pool.query('SELECT 1'))
  expect(error).toMatchObject({ code: 'HOLDFAST_CONNECT_REFUSED' })
})

test('after an outage one connection looks whether the server is back, whoever waits', async () => {
  const { url } = await temporaryDatabase()
  const relay = await startRelay(Number(new URL(url).port))
  const pool = open(relay.url(url), { max: 20, connectionTimeoutMillis: 60_000 })
  await pool.query('SELECT 1')
  relay.refuse(true)
  const lost = event(pool, 'remove')
  relay.cut()
  await lost
  await rejection(pool.query({ text: 'SELECT 1', timeout: 100 }))
  relay.stall('answers')
  relay.refuse(false)
  const before = relay.traffic
  const calls = Array.from({ length: 30 }, () => pool.query('SELECT 1'))
  const probe = relay.holdAt('SELECT', 'requests')
  while (relay.traffic === before) await new Promise(resolve => setImmediate(resolve))
  expect(pool.totalCount).toBe(1)
  expect(pool.waitingCount).toBe(30)
  relay.resume()
  await probe.reached
  probe.pass()
  await Promise.all(calls)
})

test('when the path of all connections died, a caller gets a new one within its time', async () => {
  const { url } = await temporaryDatabase()
  const proxy = await startTcpProxy(Number(new URL(url).port))
  onTestFinished(() => proxy.close())
  const pool = open(proxy.url(url), { max: 2, validateAfterIdle: 0 })
  const clients = await Promise.all([pool.connect(), pool.connect()])
  for (const client of clients) client.release()
  for (const index of [0, 1]) proxy.stall(index)
  // A check of each takes a second; nothing else may hold them then.
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})
