import { describe, expect, test } from 'vitest'
import { checkPoolOptions, type PoolOptions, resolveSettings } from './options.js'
import { resolveOverload } from './overload-options.js'

const PLACE = { supabasePooler: false, untoldTimeout: 0 }
const BEHIND_SUPABASE = { ...PLACE, supabasePooler: true }

const settings = (options: object, place = PLACE, env = {}) =>
  resolveSettings(checkPoolOptions(options), place, env)

describe('the size of the pool', () => {
  test.each([
    ['20 on a developer machine', PLACE, {}, 20],
    ['50 in production', PLACE, { NODE_ENV: 'production' }, 50],
    ['20 in any other environment', PLACE, { NODE_ENV: 'test' }, 20],
    ['10 behind a Supabase pooler', BEHIND_SUPABASE, { NODE_ENV: 'production' }, 10],
    ['5 on Lambda', PLACE, { AWS_LAMBDA_FUNCTION_NAME: 'f', NODE_ENV: 'production' }, 5],
    ['5 on Vercel', PLACE, { VERCEL: '1' }, 5],
    ['5 on Netlify', PLACE, { NETLIFY: 'true' }, 5],
    ['5 on Azure Functions', PLACE, { FUNCTIONS_WORKER_RUNTIME: 'node' }, 5],
    ['5 on Google Cloud Functions', PLACE, { FUNCTION_TARGET: 'f' }, 5],
    ['5 on a function behind a pooler', BEHIND_SUPABASE, { VERCEL: '1' }, 5],
  ])('is %s', (_, place, env, max) => expect(settings({}, place, env).max).toBe(max))

  test('is what was asked for, also under the old name poolSize', () => {
    expect(settings({ max: 3 }, BEHIND_SUPABASE, { VERCEL: '1' }).max).toBe(3)
    expect(settings({ poolSize: 4 }).max).toBe(4)
    expect(settings({ max: 3, poolSize: 4 }).max).toBe(3)
  })
})

describe('the time for a query', () => {
  test.each([
    ['is 30 s', {}, 0, 30_000],
    ['is what a statement may take, where no server is told of that', {}, 5_000, 5_000],
    ['is never made longer by it', { query_timeout: 1_000 }, 5_000, 1_000],
    ['is limited by it alone when it has no limit of its own', { query_timeout: 0 }, 5_000, 5_000],
  ])('%s', (_, options, untoldTimeout, expected) =>
    expect(settings(options, { ...PLACE, untoldTimeout }).queryTimeout).toBe(expected),
  )
})

describe('the option pooler', () => {
  test.each(['none', 'session', 'transaction', { mode: 'transaction', preparedStatements: true }])(
    'takes %j',
    pooler => expect(checkPoolOptions({ pooler })).toEqual({ pooler }),
  )

  test.each([
    ['statement', /Option "pooler": expected 'none', 'session'/],
    [true, /Option "pooler": expected 'none', 'session'/],
    [{}, /Option "pooler.mode": expected 'session' or 'transaction', given nothing/],
    [{ mode: 'statement' }, /Option "pooler.mode": expected 'session' or 'transaction'/],
    [{ mode: 'session', prepared: true }, /Option "pooler.prepared": expected/],
  ])('refuses %j by its path', (pooler, message) =>
    expect(() => checkPoolOptions({ pooler })).toThrow(message),
  )
})

describe('settings', () => {
  test('have the documented defaults and are frozen', () => {
    const resolved = settings({})
    expect(Object.isFrozen(resolved)).toBe(true)
    expect(resolved).toEqual({
      name: 'main',
      max: 20,
      maxBecause: 'default',
      min: 0,
      minIdle: 0,
      maxUses: 7_500,
      maxLifetime: 1_800_000,
      idleTimeout: 10_000,
      connectTimeout: 5_000,
      queryTimeout: 30_000,
      validateAfterIdle: 1_000,
      leakDetection: 60_000,
      connectAttempts: 3,
      retryBudget: 0.2,
      retryOptIn: new Set(),
      allowExitOnIdle: false,
      overload: resolveOverload(undefined),
      statistics: { statements: 1_000 },
      slowQuery: { threshold: 1_000, plan: false, location: 'awaited', linesPerMinute: 60 },
      utilizationAlert: { above: 0.8, sustained: 10_000 },
      reportEvery: 0,
    })
  })

  test('are milliseconds, and 0 where something is switched off', () => {
    const given = { validateAfterIdle: '2s', leakDetection: '5m', query_timeout: 0, maxLifetimeSeconds: 60 }
    expect(settings(given)).toMatchObject({
      validateAfterIdle: 2_000,
      leakDetection: 300_000,
      queryTimeout: 0,
      maxLifetime: 60_000,
    })
  })

  test('know no bound for waiting callers without overload protection, and one attempt without retry', () => {
    const resolved = settings({ overload: false, retry: false })
    expect(resolved).toMatchObject({ overload: resolveOverload(false), connectAttempts: 1 })
  })

  test('refuse to reserve every connection', () => {
    expect(() => settings({ max: 3, overload: { reserved: 3 } })).toThrow(
      /"overload.reserved".*less than max \(3\)/,
    )
  })

  test('say which errors are retried besides, and how much may be', () => {
    const resolved = settings({ retry: { attempts: 5, budget: 0.5, optIn: ['55P03', '55P03'] } })
    expect(resolved).toMatchObject({ connectAttempts: 5, retryBudget: 0.5 })
    expect(resolved.retryOptIn).toEqual(new Set(['55P03']))
  })

  test.each([
    [{ budget: 2 }, /"retry.budget": expected a number from 0 to 1, given/],
    [{ budget: '20%' }, /"retry.budget": expected a number from 0 to 1, given/],
    [{ optIn: ['23502'] }, /"retry.optIn": expected a list of 55P03, 55006, .*, given/],
    [{ optIn: '23505' }, /"retry.optIn": expected a list of/],
    [{ attempts: 0 }, /"retry.attempts"/],
    [{ retries: 3 }, /"retry.retries".*unknown/],
  ])('refuse impossible retries: %o', (retry, message) => {
    expect(() => checkPoolOptions({ retry })).toThrow(message)
  })

  test('refuse more idle connections than there may be', () => {
    expect(() => settings({ minIdle: 6 }, PLACE, { VERCEL: '1' })).toThrow(/"minIdle".*at most max \(5\)/)
  })
})

describe('options for another pool', () => {
  test('may come from a pool, which hides its secrets from loops', () => {
    const shown: PoolOptions = { max: 2 }
    Object.defineProperty(shown, 'password', { value: 'hidden', enumerable: false })
    Object.defineProperty(shown, 'connectionString', { value: 'postgres://h/d', enumerable: false })
    expect(checkPoolOptions(shown)).toEqual({
      max: 2,
      password: 'hidden',
      connectionString: 'postgres://h/d',
    })
  })
})
