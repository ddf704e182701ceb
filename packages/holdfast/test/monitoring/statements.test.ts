import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { beforeAll, describe, expect, test } from 'vitest'

let url: string

beforeAll(async () => {
  url = (await temporaryDatabase()).url
})

async function withPool<T>(options: object, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, ...options })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

const counted = async (pool: Pool, text: string) =>
  (await pool.statements({ limit: 100 })).find(statement => statement.text === text)

describe('pool.statements', () => {
  test('counts what transactions and borrowed clients do', async () => {
    await withPool({}, async pool => {
      await pool.transaction(async tx => {
        await tx.query('SELECT 1')
        await tx.transaction(inner => inner.query('SELECT 2'))
      })
      const client = await pool.connect()
      await client.query('SELECT 3')
      client.release()
      expect(await counted(pool, 'SELECT ?')).toMatchObject({ calls: 3 })
      expect(await counted(pool, 'COMMIT')).toMatchObject({ calls: 1 })
      expect(pool.stats().queries.calls).toBe(7)
    })
  })

  test('counts texts that differ in literals as one statement, and shows none of these', async () => {
    await withPool({}, async pool => {
      for (let i = 0; i < 20; i++) await pool.query(`SELECT 'a secret ${i}', ${i} /* comment ${i} */`)
      await pool.query("select 'it''s',7")
      const all = await pool.statements()
      expect(all).toHaveLength(1)
      expect(all[0]).toMatchObject({ calls: 21, text: 'SELECT ?, ?' })
    })
  })

  test('forgets the cheapest statements when there are too many, and loses no count', async () => {
    await withPool({ statistics: { statements: 10 } }, async pool => {
      await pool.query('SELECT pg_sleep(0.2)')
      for (let i = 0; i < 40; i++) await pool.query(`SELECT 1 AS column_${i}x`)
      const all = await pool.statements()
      expect(all.length).toBeLessThanOrEqual(11)
      expect(all).toContainEqual(expect.objectContaining({ text: 'SELECT pg_sleep(?)', calls: 1 }))
      expect(all.at(-1)).toMatchObject({ fingerprint: 'other' })
      expect(all.reduce((sum, { calls }) => sum + calls, 0)).toBe(41)
    })
  })

  test('tells time spent waiting for a connection from time spent running', async () => {
    await withPool({ max: 1 }, async pool => {
      await Promise.all([pool.query('SELECT pg_sleep(0.2)'), pool.query('SELECT 1')])
      const waited = await counted(pool, 'SELECT ?')
      expect(waited?.waitMillis).toBeGreaterThan(150)
      expect(waited?.waitMillis).toBeLessThanOrEqual(waited?.totalMillis ?? 0)
    })
  })

  test('counts hits of the cache as calls of their statement', async () => {
    await withPool({ cache: { tables: { cached: '1m' } } }, async pool => {
      await pool.query('CREATE TABLE cached (n int)')
      await pool.query('INSERT INTO cached VALUES (1), (2)')
      for (let i = 0; i < 5; i++) await pool.query('SELECT n FROM cached')
      expect(await counted(pool, 'SELECT n FROM cached')).toMatchObject({ calls: 5, cacheHits: 4, rows: 10 })
    })
  })

  test('is empty with statistics: false', async () => {
    await withPool({ statistics: false }, async pool => {
      await pool.query('SELECT 1')
      expect(await pool.statements()).toEqual([])
      expect(pool.stats()).toMatchObject({ queries: { calls: 0 }, queryMetrics: { totalQueries: 1 } })
    })
  })
})

describe('pool.statementSnapshots', () => {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

  test('add up to all that was counted, bucket by bucket, also when statements are forgotten and met again', async () => {
    await withPool({ statistics: { statements: 5 } }, async pool => {
      for (let i = 0; i < 60; i++) await pool.query(`SELECT 1 AS c${i % 12}x`)
      await pool.query('SELECT nothing').catch(() => {})
      const all = await pool.statementSnapshots()
      expect(all.length).toBeLessThanOrEqual(6)
      expect(sum(all.map(({ calls }) => calls))).toBe(61)
      expect(sum(all.map(({ errors }) => errors))).toBe(1)
      for (const { calls, latencies, max } of all) {
        expect(sum(latencies.map(bucket => bucket.calls))).toBe(calls)
        const millis = latencies.map(bucket => bucket.millis)
        expect(millis).toEqual([...millis].sort((a, b) => a - b))
        expect(Math.abs((millis.at(-1) ?? 0) - max)).toBeLessThanOrEqual(Math.max(max / 8, 0.001))
      }
    })
  })

  test('keep their id for as long as they are counted, and have another one when they come back', async () => {
    await withPool({ statistics: { statements: 1 } }, async pool => {
      const snapshot = async (text: string) =>
        (await pool.statementSnapshots()).find(statement => statement.text === text)
      await pool.query('SELECT 1 AS a')
      const first = await snapshot('SELECT ? AS a')
      await pool.query('SELECT 2 AS a')
      expect(await snapshot('SELECT ? AS a')).toMatchObject({ id: first?.id, calls: 2 })
      await pool.query('SELECT 1 AS b')
      expect(await snapshot('SELECT ? AS a')).toBeUndefined()
      expect(await snapshot('(statements that were forgotten)')).toMatchObject({
        id: 0,
        fingerprint: 'other',
      })
      await pool.query('SELECT 3 AS a')
      const again = await snapshot('SELECT ? AS a')
      expect(again).toMatchObject({ fingerprint: first?.fingerprint, calls: 1 })
      expect(again?.id).toBeGreaterThan(first?.id ?? Number.POSITIVE_INFINITY)
    })
  })

  test('are none with statistics: false', async () => {
    await withPool({ statistics: false }, async pool => {
      await pool.query('SELECT 1')
      expect(await pool.statementSnapshots()).toEqual([])
    })
  })
})
