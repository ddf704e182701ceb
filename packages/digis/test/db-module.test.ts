import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { temporaryDatabase } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newEmptyDigis, only } from './new-digis.js'

const require = createRequire(import.meta.url)
const VARIABLES = ['DATABASE_URL', 'DB_HOST', 'DB_PORT', 'DB_USER', 'DB_PASSWORD', 'DB_NAME']

/** As an application of the old platform loads it. */
const db: typeof import('@holdfast/digis/db') = require('@holdfast/digis/db')

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
})

afterEach(async () => {
  await db.end()
  vi.unstubAllEnvs()
})

describe('without configuration', () => {
  test('loading the module neither connects nor fails, and its counters are zero', () => {
    expect(db.queryMetrics).toMatchObject({ totalQueries: 0, avgDuration: 0, slowQueries: 0 })
    expect(db.cacheUtils.client).toBeNull()
  })

  test('the first call says which variables to set', async () => {
    const error = {
      code: 'DIGIS_NOT_CONFIGURED',
      message: expect.stringMatching(/Set DATABASE_URL .*DB_HOST, DB_PORT/),
    }
    await expect(db.getCreators()).rejects.toMatchObject(error)
    await expect(db.query('SELECT 1')).rejects.toMatchObject(error)
    await expect(db.healthCheck()).rejects.toMatchObject(error)
    expect(() => db.getPoolStats()).toThrow(expect.objectContaining(error))
  })
})

describe('configured by DATABASE_URL', () => {
  test('does what the old module did', async () => {
    vi.stubEnv('DATABASE_URL', (await temporaryDatabase()).url)
    await db.addMissingColumns()
    const supabase_id = randomUUID()
    const creator = only(await db.createUser(supabase_id, true, 'Salsa'))
    const fan = only(await db.createUser(randomUUID()))
    const session = only(await db.createSession(creator.id, fan.id))
    await db.endSession(session.id)
    await db.createPayment(session.id, 25, 5)
    await db.atomicTokenUpdate(fan.id, 10, 'add')
    await db.withTransaction(tx => tx.query('UPDATE users SET bio = $1 WHERE id = $2', ['Tango', creator.id]))
    expect(await db.getUserBySupabaseId(supabase_id)).toMatchObject({ bio: 'Tango' })
    expect((await db.searchCreators('tango')).rowCount).toBe(1)
    expect(only(await db.getCreatorEarnings(creator.id)).total_earnings).toBe('30.00')
    expect([await db.testConnection(), await db.healthCheck()]).toEqual([true, true])
    expect(db.getPoolStats()).toMatchObject({ max: 20, waitingCount: 0 })
    expect(db.queryMetrics.totalQueries).toBeGreaterThan(10)
  })

  test('uses 50 connections at most in production', async () => {
    vi.stubEnv('DATABASE_URL', (await temporaryDatabase()).url)
    vi.stubEnv('NODE_ENV', 'production')
    expect(await db.testConnection()).toBe(true)
    expect(db.getPoolStats().max).toBe(50)
  })

  test('makes a new pool after the end', async () => {
    vi.stubEnv('DATABASE_URL', (await temporaryDatabase()).url)
    expect((await db.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await db.end()
    expect((await db.executeQuery('SELECT 2 AS two')).rows).toEqual([{ two: 2 }])
  })
})

test('configured by DB_HOST and its companions it finds the same database', async () => {
  const { url, name } = await temporaryDatabase()
  const { hostname, port, username, password } = new URL(url)
  vi.stubEnv('DB_HOST', hostname)
  vi.stubEnv('DB_PORT', port)
  vi.stubEnv('DB_USER', username)
  vi.stubEnv('DB_PASSWORD', decodeURIComponent(password))
  vi.stubEnv('DB_NAME', name)
  const client = await db.getClient()
  expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name }])
  client.release()
})

test('has every function of createDigis', async () => {
  const instance = await newEmptyDigis()
  // The old platform knew no keys of requests and no ledger.
  const apart = ['pool', 'with', 'applyOnce', 'forgetOldKeys', 'ledger']
  expect(Object.keys(db)).toEqual(
    expect.arrayContaining(Object.keys(instance).filter(name => !apart.includes(name))),
  )
})
