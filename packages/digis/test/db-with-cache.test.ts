import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { startRedis } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { migratedDatabase, only } from './new-digis.js'

const require = createRequire(import.meta.url)
const VARIABLES = ['DATABASE_URL', 'DB_HOST', 'DB_PORT', 'DB_USER', 'DB_PASSWORD', 'DB_NAME', 'REDIS_URL']

/** As an application of the old platform loads them. */
const db: typeof import('@holdfast/digis/db') = require('@holdfast/digis/db')
const cached: typeof import('@holdfast/digis/db-with-cache') = require('@holdfast/digis/db-with-cache')

beforeEach(() => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
})

afterEach(async () => {
  await Promise.all([db.end(), cached.end()])
  vi.unstubAllEnvs()
})

async function withDatabase(): Promise<void> {
  vi.stubEnv('DATABASE_URL', await migratedDatabase())
}

async function isAsked(call: () => Promise<unknown>): Promise<boolean> {
  const before = cached.queryMetrics.totalQueries
  await call()
  return cached.queryMetrics.totalQueries > before
}

test('has the names of the module without a cache, and no other', () => {
  expect(Object.keys(cached).sort()).toEqual(Object.keys(db).sort())
})

describe('without configuration', () => {
  test('the first call says which variables to set; cacheUtils never fails', async () => {
    await expect(cached.getCreators()).rejects.toMatchObject({ code: 'DIGIS_NOT_CONFIGURED' })
    expect(await cached.cacheUtils.set('k', 1, 60)).toBe(false)
    expect([await cached.cacheUtils.get('k'), cached.cacheUtils.client]).toEqual([null, null])
    expect(cached.queryMetrics.totalQueries).toBe(0)
  })

  test('a REDIS_URL that is none is named and not repeated', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/none')
    vi.stubEnv('REDIS_URL', 'localhost:6379?secret')
    const message = 'REDIS_URL: expected a URL that begins with redis:// or rediss://.'
    await expect(cached.getCreators()).rejects.toMatchObject({ code: 'DIGIS_NOT_CONFIGURED', message })
  })
})

describe('without REDIS_URL', () => {
  test('it caches in this process', async () => {
    await withDatabase()
    const { id, supabase_id } = only(await cached.createUser(randomUUID(), true, 'Salsa'))
    await cached.getUserById(id)
    expect(await isAsked(() => cached.getUserById(id))).toBe(false)
    await cached.updateUserProfile(supabase_id, { bio: 'Tango' })
    expect(await cached.getUserById(id)).toMatchObject({ bio: 'Tango' })
    expect(cached.getPoolStats().cacheEnabled).toBe(true)
    expect(cached.cacheUtils.client).toBeNull()
    expect(await cached.cacheUtils.set('k', { a: 1 }, 60)).toBe(true)
    expect(await cached.cacheUtils.get('k')).toEqual({ a: 1 })
  })

  test('the module without a cache stays without one', async () => {
    await withDatabase()
    await db.testConnection()
    expect(db.getPoolStats().cacheEnabled).toBe(false)
    expect(await db.cacheUtils.set('k', 1)).toBe(false)
  })
})

describe('with REDIS_URL', () => {
  test('it caches in Redis and offers its client', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis[Symbol.asyncDispose]())
    vi.stubEnv('REDIS_URL', redis.url)
    await withDatabase()
    // The first use is what connects.
    await cached.testConnection()
    await expect.poll(() => cached.getPoolStats().cacheEnabled).toBe(true)
    const { id } = only(await cached.createUser(randomUUID()))
    await expect.poll(() => isAsked(() => cached.getUserById(id))).toBe(false)
    await expect.poll(() => cached.cacheUtils.set('k', 1, 60)).toBe(true)
    expect(await cached.cacheUtils.client?.get('k')).toBe('1')
    await expect.poll(() => cached.cacheUtils.delete('k')).toBe(true)
    await cached.end()
  })

  test('it works while there is no Redis, and cacheEnabled says so', async () => {
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1')
    await withDatabase()
    const { id } = only(await cached.createUser(randomUUID()))
    expect(await cached.getUserById(id)).toMatchObject({ id })
    expect(cached.getPoolStats().cacheEnabled).toBe(false)
    expect(await cached.cacheUtils.get('k')).toBeNull()
  })
})
