import { QueryStatisticsRecorder } from '@holdfast/digis'
import { Pool } from 'holdfast'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { migratedDatabase, wrong } from './new-digis.js'

let url: string
const open: Pool[] = []
beforeAll(async () => {
  url = await migratedDatabase()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map(pool => pool.end()))
})

function newPool(options: object = {}): Pool {
  const pool = new Pool({ connectionString: url, max: 2, ...options })
  open.push(pool)
  return pool
}

interface Kept {
  readonly fingerprint: string
  readonly bucket_start: Date
  readonly calls: string
  readonly errors: string
}

async function kept(source: string): Promise<Kept[]> {
  const text = 'SELECT * FROM query_statistics WHERE source = $1 ORDER BY bucket_start, fingerprint'
  return (await newPool().query<Kept>(text, [source])).rows
}

const total = (rows: readonly Kept[], name: 'calls' | 'errors') =>
  rows.reduce((sum, row) => sum + Number(row[name]), 0)

test('each stretch has a row for each of its statements, and nothing of the stretch before', async () => {
  const [pool, into] = [newPool(), newPool({ statistics: false })]
  const recorder = new QueryStatisticsRecorder({ pool, into, source: 'stretches' })
  for (let i = 0; i < 5; i++) await pool.query('SELECT $1::int', [i])
  expect(await recorder.record()).toBe(1)
  await pool.query('SELECT $1::int', [5])
  await pool.query('SELECT 1 / 0').catch(() => {})
  expect(await recorder.record()).toBe(2)
  expect(await recorder.record()).toBe(0)
  const rows = await kept('stretches')
  expect(rows.map(({ calls, errors }) => [Number(calls), Number(errors)]).sort()).toEqual([
    [1, 0],
    [1, 1],
    [5, 0],
  ])
  expect(new Set(rows.map(row => row.bucket_start.getTime())).size).toBe(2)
})

test('a pool whose statements are forgotten all the time is told exactly: the rows add up to what it has counted', async () => {
  const [pool, into] = [newPool({ statistics: { statements: 4 } }), newPool({ statistics: false })]
  const recorder = new QueryStatisticsRecorder({ pool, into, source: 'forgetful', most: 2 })
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 7; i++) await pool.query(`SELECT ${i} AS c${(round * i) % 5}x`)
    await pool.query('SELECT nothing').catch(() => {})
    await recorder.record()
  }
  const rows = await kept('forgetful')
  expect([total(rows, 'calls'), total(rows, 'errors')]).toEqual([64, 8])
  const { calls, errors } = pool.stats().queries
  expect([calls, errors]).toEqual([64, 8])
})

test('what could not be written is in the next stretch, which began where the failed one did', async () => {
  let now = 1_700_000_000_000
  const [pool, into] = [newPool(), newPool({ statistics: false })]
  const recorder = new QueryStatisticsRecorder({ pool, into, source: 'kept', now: () => now })
  await pool.query('SELECT 1')
  await into.query('ALTER TABLE query_statistics RENAME TO elsewhere')
  now += 60_000
  await expect(recorder.record()).rejects.toMatchObject({ code: '42P01' })
  await into.query('ALTER TABLE elsewhere RENAME TO query_statistics')
  await pool.query('SELECT 2')
  now += 60_000
  expect(await recorder.record()).toBe(1)
  const [row, ...others] = await kept('kept')
  expect(row).toMatchObject({ calls: '2', bucket_start: new Date(1_700_000_000_000) })
  expect(others).toEqual([])
})

test('a clock that is put back makes no stretch overwrite another', async () => {
  let now = 1_700_000_100_000
  const [pool, into] = [newPool(), newPool({ statistics: false })]
  const recorder = new QueryStatisticsRecorder({ pool, into, source: 'clock', now: () => now })
  for (const step of [60_000, -60_000, 0]) {
    now += step
    await pool.query('SELECT 1')
    await recorder.record()
  }
  expect(total(await kept('clock'), 'calls')).toBe(3)
})

test('calls at the same time write nothing twice', async () => {
  const [pool, into] = [newPool(), newPool({ statistics: false })]
  const recorder = new QueryStatisticsRecorder({ pool, into, source: 'at once' })
  await pool.query('SELECT 1')
  expect(await Promise.all([recorder.record(), recorder.record(), recorder.record()])).toEqual([1, 0, 0])
})

test('a recorder that writes through the pool it tells of counts its own writing once each time', async () => {
  const pool = newPool()
  const recorder = new QueryStatisticsRecorder({ pool, into: pool, source: 'itself' })
  await pool.query('SELECT 1')
  const written = [await recorder.record(), await recorder.record(), await recorder.record()]
  expect(written).toEqual([1, 1, 1])
  expect(total(await kept('itself'), 'calls')).toBe(3)
})

test.each<[string, object]>([
  ['source', { source: 'x'.repeat(129) }],
  ['source', { source: 'a\0b' }],
  ['source', {}],
  ['most', { source: 'x', most: 0 }],
  ['most', { source: 'x', most: 10_000 }],
  ['most', { source: 'x', most: 1.5 }],
])('an impossible %s is refused by name: %j', (field, options) => {
  const pool = newPool()
  const make = () => new QueryStatisticsRecorder({ pool, into: pool, ...options } as never)
  expect(make).toThrow(expect.objectContaining(wrong(field)))
})
