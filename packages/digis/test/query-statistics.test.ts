import {
  type Digis,
  maintainPartitions,
  type QueryStatisticsRow,
  recordQueryStatistics,
} from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { newDigis, wrong } from './new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

const bucketStart = new Date('2026-06-01T00:00:00Z')
const row: QueryStatisticsRow = {
  ...{ bucketStart, fingerprint: 'select 1', calls: 10, errors: 1 },
  ...{ summedTime: 12.5, p50: 1, p95: 2, p99: 2.5 },
}

async function kept(fingerprint: string): Promise<object[]> {
  const query = `SELECT source, calls, errors, summed_time, p50, p95, p99, bucket_start
                   FROM query_statistics WHERE fingerprint = $1 ORDER BY source`
  return (await digis.query(query, [fingerprint])).rows
}

test('statistics are kept as they are given, for each source on its own', async () => {
  expect(await recordQueryStatistics(digis.pool, [row], { source: 'api 1' })).toBe(1)
  expect(await recordQueryStatistics(digis.pool, [{ ...row, calls: 20 }], { source: 'api 2' })).toBe(1)
  const numbers = { errors: 1, summed_time: 12.5, p50: 1, p95: 2, p99: 2.5, bucket_start: bucketStart }
  expect(await kept(row.fingerprint)).toEqual([
    { source: 'api 1', calls: 10, ...numbers },
    { source: 'api 2', calls: 20, ...numbers },
  ])
})

test('writing the same again, by many at once and in any order, changes nothing', async () => {
  const rows = Array.from({ length: 50 }, (_, index) => ({ ...row, fingerprint: `again ${index}` }))
  const orders = [rows, [...rows].reverse(), rows, [...rows].reverse()]
  expect(await Promise.all(orders.map(order => recordQueryStatistics(digis.pool, order)))).toEqual([
    50, 50, 50, 50,
  ])
  expect(await kept('again 7')).toHaveLength(1)
})

test('of two rows for the same statement and time, the later one is kept', async () => {
  const twice = { ...row, fingerprint: 'twice' }
  expect(await recordQueryStatistics(digis.pool, [twice, { ...twice, calls: 11 }])).toBe(1)
  expect(await kept('twice')).toMatchObject([{ calls: 11 }])
})

test('no rows are no statement', async () => {
  expect(await recordQueryStatistics(digis.pool, [])).toBe(0)
})

test('a year and a month are kept', async () => {
  const old = new Date(Date.now() - 500 * 86_400_000)
  await digis.query("SELECT ensure_partitions('query_statistics', since => $1)", [old])
  await recordQueryStatistics(digis.pool, [{ ...row, fingerprint: 'old', bucketStart: old }])
  const changes = await maintainPartitions(digis.pool)
  expect(new Set(changes.map(change => change.action))).toEqual(new Set(['dropped']))
  expect(await kept('old')).toEqual([])
})

describe('an impossible row is refused by name, and nothing is kept:', () => {
  test.each<[string, string, Partial<Record<keyof QueryStatisticsRow, unknown>>]>([
    ['no time', 'rows[1].bucketStart', { bucketStart: undefined }],
    ['a time that is none', 'rows[1].bucketStart', { bucketStart: new Date('x') }],
    ['no fingerprint', 'rows[1].fingerprint', { fingerprint: '' }],
    ['a fingerprint with a NUL', 'rows[1].fingerprint', { fingerprint: 'a\0b' }],
    ['a fingerprint of a megabyte', 'rows[1].fingerprint', { fingerprint: 'x'.repeat(1_000_000) }],
    ['half a call', 'rows[1].calls', { calls: 0.5 }],
    ['more errors than calls', 'rows[1].errors', { errors: 11 }],
    ['a negative time', 'rows[1].summedTime', { summedTime: -1 }],
    ['an endless time', 'rows[1].summedTime', { summedTime: Number.POSITIVE_INFINITY }],
    ['percentiles in the wrong order', 'rows[1].p95', { p95: 0.5 }],
    ['a percentile of NaN', 'rows[1].p99', { p99: Number.NaN }],
  ])('%s', async (_, field, part) => {
    const rows = [
      { ...row, fingerprint: 'refused' },
      { ...row, ...part },
    ] as QueryStatisticsRow[]
    await expect(recordQueryStatistics(digis.pool, rows)).rejects.toMatchObject(wrong(field))
    expect(await kept('refused')).toEqual([])
  })

  test.each<[string, string, unknown, object]>([
    ['no list', 'rows', {}, {}],
    ['a list that is too long', 'rows', Array(10_001).fill(row), {}],
    ['nobody', 'rows[0]', [null], {}],
    ['a source that is too long', 'source', [row], { source: 'x'.repeat(129) }],
  ])('%s', async (_, field, rows, options) => {
    await expect(recordQueryStatistics(digis.pool, rows as never, options)).rejects.toMatchObject(
      wrong(field),
    )
  })
})
