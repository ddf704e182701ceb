import { expect, test } from 'vitest'
import { COLUMNS, History } from './history.js'
import { BUCKETS, bucketOf, sparse } from './latency-buckets.js'
import type { ProcessReport } from './process-report.js'

const ZEROS = {
  requests: 0,
  failures: 0,
  queries: 0,
  saved: 0,
  unsaved: 0,
  queryErrors: 0,
  retries: 0,
  sheds: 0,
}

function report(second: object, pool: object = {}): ProcessReport {
  return {
    second: { ...ZEROS, latency: [], ...second },
    pool: { active: 0, idle: 0, connecting: 0, waiting: 0, max: 0, ...pool },
  } as unknown as ProcessReport
}

function latency(...durations: number[]): number[] {
  const counts = new Float64Array(BUCKETS)
  for (const millis of durations) counts[bucketOf(millis)] = (counts[bucketOf(millis)] ?? 0) + 1
  return sparse(counts)
}

const value = (point: readonly number[] | undefined, name: (typeof COLUMNS)[number]) =>
  point?.[COLUMNS.indexOf(name)] ?? Number.NaN

test('a second adds up the processes, and its percentiles are those of all their requests', () => {
  const slow = report({ requests: 1, latency: latency(1_000) }, { active: 2, max: 10 })
  const fast = report(
    { requests: 99, latency: latency(...Array<number>(99).fill(2)) },
    { active: 3, max: 10 },
  )
  const point = new History().add(1_000, [slow, fast])
  expect(value(point, 'requests')).toBe(100)
  expect(value(point, 'active')).toBe(5)
  expect(value(point, 'max')).toBe(20)
  expect(value(point, 'p95')).toBeLessThan(2.2)
  expect(value(point, 'p99')).toBeLessThan(2.2)
})

test('further back, rates are means, connections are peaks, and percentiles are those of all requests', () => {
  const history = new History({ seconds: 2, coarse: 4, coarsePoints: 2 })
  const seconds = [10, 20, 30, 40].map((requests, at) =>
    report({ requests, latency: latency(at === 3 ? 500 : 1) }, { active: at === 1 ? 9 : 1 }),
  )
  for (const [at, second] of seconds.entries()) history.add(at * 1_000, [second])
  const [hour] = history.hours
  expect(value(hour, 'requests')).toBe(25)
  expect(value(hour, 'active')).toBe(9)
  expect(value(hour, 'p50')).toBeLessThan(1.1)
  expect(value(hour, 'p99')).toBeGreaterThan(450)
})

test('it keeps a fixed number of points, however long it goes on', () => {
  const history = new History({ seconds: 3, coarse: 2, coarsePoints: 4 })
  for (let at = 0; at < 100; at++) history.add(at, [])
  expect(history.seconds.map(point => value(point, 'at'))).toEqual([97, 98, 99])
  expect(history.hours).toHaveLength(4)
})
