import { type PostgresServer, startPostgres } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serve } from '../dist/main.js'
import { expectProblem } from './support/expect-problem.js'
import { send, startService, type TestService } from './support/service.js'
import { until } from './support/until.js'

let service: TestService
beforeEach(async () => {
  // Longer than any test waits: only what is asked for in a test ends a query.
  // What is cached would not notice.
  service = await startService({ CACHE: 'off', DATABASE_POOL_MAX: '1', REQUEST_TIMEOUT: '120s' })
  // The connection is open already, so that a deadline ends nothing but a query.
  expect((await service.call('GET /api/creators')).status).toBe(200)
})
afterEach(() => service.close())

/** Makes every query on users wait while `work` runs. */
async function whileUsersAreLocked(work: () => Promise<void>): Promise<void> {
  await service.direct.transaction(async tx => {
    await tx.query('LOCK TABLE users IN ACCESS EXCLUSIVE MODE')
    await work()
  })
}

/** How many of the service's backends wait for the lock. */
async function waiting(): Promise<number> {
  const { rows } = await service.direct.query(
    `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows[0].n
}

const seconds = (timeout: string) => ({ headers: { 'request-timeout': timeout } })

test('a request past its deadline gets 504 and its query is cancelled on the server', async () => {
  await whileUsersAreLocked(async () => {
    const answer = await service.call('GET /api/creators', seconds('1'))
    expectProblem(answer, { status: 504, kind: 'timed-out' })
    await until('the query is cancelled', async () => (await waiting()) === 0)
  })
  expect((await service.call('GET /api/creators')).status).toBe(200)
})

test('a caller that goes away takes its query along', async () => {
  await whileUsersAreLocked(async () => {
    const controller = new AbortController()
    const gone = service.call('GET /api/creators', { signal: controller.signal }).catch(error => error)
    await until('the query waits', async () => (await waiting()) === 1)
    controller.abort()
    expect((await gone).name).toBe('AbortError')
    await until('the query is cancelled', async () => (await waiting()) === 0)
  })
})

test('a busy pool gets 503, when to come back, and the numbers in the log only', async () => {
  let first: ReturnType<TestService['call']> | undefined
  await whileUsersAreLocked(async () => {
    first = service.call('GET /api/creators')
    await until('the only connection is busy', async () => (await waiting()) === 1)
    const second = await service.call('GET /api/creators', seconds('0.3'))
    expectProblem(second, { status: 503, kind: 'overloaded' })
    expect(second.headers.get('retry-after')).toBe('1')
    expect(second.body.code).toBe('HOLDFAST_POOL_TIMEOUT')
    expect(service.log.join()).toMatch(/HOLDFAST_POOL_TIMEOUT.*total=1/)
  })
  expect((await first)?.status).toBe(200)
})

test('a change past its deadline was not made', async () => {
  const { token } = await service.join({ bio: 'before' })
  await service.direct.transaction(async tx => {
    await tx.query('SELECT FROM users FOR UPDATE')
    const answer = await service.call('PATCH /api/users/me', {
      token,
      body: { bio: 'after' },
      ...seconds('1'),
    })
    expectProblem(answer, { status: 504, kind: 'timed-out' })
  })
  expect((await service.call('GET /api/users/me', { token })).body.bio).toBe('before')
})

test('a failure that nobody foresaw tells nothing, and the log has its request', async () => {
  await service.direct.query('ALTER TABLE users RENAME TO secret_users')
  const answer = await service.call('GET /api/creators')
  expectProblem(answer, { status: 500, kind: 'internal' })
  expect(answer.body.code).toBeUndefined()
  const entry = service.log
    .map(line => JSON.parse(line))
    .find(({ level, reqId }) => level === 50 && reqId === answer.body.requestId)
  expect(entry.error).toMatchObject({
    code: '42P01',
    category: 'undefined-object',
    stack: expect.any(String),
  })
})

describe('with a server of its own', () => {
  let server: PostgresServer
  beforeEach(async () => {
    server = await startPostgres()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  test('a database that is away gets 503 at once, readiness says so, and both recover by themselves', async () => {
    const { address, close } = await serve({
      databaseUrl: server.url,
      port: 0,
      env: { NODE_ENV: 'test', LOG_LEVEL: 'silent' },
    })
    try {
      expect((await send(address, 'GET /api/health/ready')).status).toBe(200)
      await server.stop({ mode: 'immediate' })
      const answer = await send(address, 'GET /api/creators')
      expectProblem(answer, { status: 503, kind: 'unavailable' })
      expect(answer.headers.get('retry-after')).toMatch(/^[1-5]$/)
      const ready = await send(address, 'GET /api/health/ready')
      expect(ready).toMatchObject({
        status: 503,
        body: { status: 'unavailable', database: { healthy: false } },
      })
      expect((await send(address, 'GET /api/health/live')).status).toBe(200)
      await server.start()
      await until(
        'the service is ready again',
        async () => (await send(address, 'GET /api/health/ready')).status === 200,
      )
    } finally {
      await close()
    }
  })
})
