import { randomUUID } from 'node:crypto'
import { createDigis, type Digis } from '@holdfast/digis'
import { Pool } from 'holdfast'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newDigis, newFan, only } from './new-digis.js'

/** Nothing listens on port 1. */
const NOWHERE = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none', connectionTimeoutMillis: 500 }

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

function ended(instance: Digis): Digis {
  onTestFinished(() => instance.end())
  return instance
}

describe('query and executeQuery', () => {
  test('take what pg takes', async () => {
    expect((await digis.query('SELECT $1::text AS said', ['hello'])).rows).toEqual([{ said: 'hello' }])
    expect((await digis.executeQuery({ text: 'SELECT 1 AS one', rowMode: 'array' })).rows).toEqual([[1]])
    await new Promise<void>((resolve, reject) => {
      digis.query('SELECT 1', (error: Error | undefined) => (error ? reject(error) : resolve()))
    })
  })

  test('return keys as numbers, equal to those of the other functions, and decimals as exact text', async () => {
    const user = await newFan(digis)
    const { rows } = await digis.query('SELECT id, price_per_min FROM users WHERE supabase_id = $1', [
      user.supabase_id,
    ])
    expect(rows).toEqual([{ id: user.id, price_per_min: '1.00' }])
  })

  test('return a bigint that no number can hold exactly as text', async () => {
    const { rows } = await digis.query('SELECT 9007199254740991 AS held, 9007199254740993 AS beyond')
    expect(rows).toEqual([{ held: 9_007_199_254_740_991, beyond: '9007199254740993' }])
  })
})

describe('transaction and withTransaction', () => {
  test.each(['transaction', 'withTransaction'] as const)('%s keeps what the function did', async name => {
    const supabase_id = randomUUID()
    const user = await digis[name](tx => digis.with({ client: tx }).createUser(supabase_id))
    expect(await digis.getUserBySupabaseId(supabase_id)).toEqual(only(user))
  })

  test.each(['transaction', 'withTransaction'] as const)(
    '%s undoes everything when the function throws',
    async name => {
      const supabase_id = randomUUID()
      const work = digis[name](async tx => {
        await digis.with({ client: tx }).createUser(supabase_id)
        throw new Error('changed my mind')
      })
      await expect(work).rejects.toThrow('changed my mind')
      expect(await digis.getUserBySupabaseId(supabase_id)).toBeNull()
    },
  )
})

test('getClient lends a client until its release', async () => {
  const client = await digis.getClient()
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  client.release()
})

describe('with', () => {
  test('gives every statement its signal and its time', async () => {
    const aborted = digis.with({ signal: AbortSignal.abort() })
    await expect(aborted.getCreators()).rejects.toMatchObject({ name: 'AbortError' })
    // Connections that are open already, so that no time is spent on that.
    const [locked, other] = await Promise.all([digis.getClient(), digis.getClient()])
    other.release()
    await locked.query('BEGIN')
    await locked.query('LOCK TABLE users')
    await expect(digis.with({ timeout: 300 }).getCreators()).rejects.toMatchObject({ category: 'timeout' })
    await locked.query('ROLLBACK')
    locked.release()
  })
})

describe('testConnection and healthCheck', () => {
  test('are true while the database answers', async () => {
    expect([await digis.testConnection(), await digis.healthCheck()]).toEqual([true, true])
  })

  test('are false where there is no database, and do not throw', async () => {
    const lost = ended(createDigis({ ...NOWHERE, retry: false }))
    expect([await lost.testConnection(), await lost.healthCheck()]).toEqual([false, false])
  })
})

test('getPoolStats and queryMetrics count what happened', async () => {
  const before = digis.queryMetrics.totalQueries
  await digis.query('SELECT 1')
  expect(digis.queryMetrics.totalQueries).toBe(before + 1)
  expect(digis.getPoolStats()).toMatchObject({
    totalCount: expect.any(Number),
    idleCount: expect.any(Number),
    waitingCount: 0,
    max: expect.any(Number),
    utilizationPercent: expect.any(Number),
    isHealthy: true,
    cacheEnabled: false,
    queryMetrics: { totalQueries: before + 1, avgDuration: expect.any(Number), slowQueries: 0 },
  })
})

test('cacheUtils is a cache that never finds anything and says that it keeps nothing', async () => {
  const { cacheUtils } = digis
  expect(await cacheUtils.set('k', 1, 60)).toBe(false)
  expect(await cacheUtils.get('k')).toBeNull()
  expect(await cacheUtils.delete('k')).toBe(false)
  expect(cacheUtils.client).toBeNull()
})

describe('createDigis', () => {
  test('works on a pool that is handed in, and leaves its end to its owner', async () => {
    const pool = new Pool({ connectionString: await urlOf(digis) })
    onTestFinished(() => pool.end())
    for (const instance of [createDigis(pool), createDigis({ pool })]) {
      expect(instance.pool).toBe(pool)
      expect(typeof only(await instance.createUser(randomUUID())).id).toBe('number')
      await instance.end()
      expect(pool.ending).toBe(false)
    }
  })

  test('connects to nothing before the first call', async () => {
    const lazy = ended(createDigis(NOWHERE))
    expect(lazy.getPoolStats().totalCount).toBe(0)
  })

  test('refuses an impossible option by name', () => {
    expect(() => createDigis({ max: -1 })).toThrow(/max/)
    expect(() => createDigis({ maxx: 3 } as never)).toThrow(/maxx/)
  })
})

/** The URL of the database that an instance works on. */
async function urlOf(instance: Digis): Promise<string> {
  const { connectionString } = instance.pool.options as { connectionString?: string }
  if (connectionString !== undefined) return connectionString
  throw new Error('The pool does not tell its URL.')
}
