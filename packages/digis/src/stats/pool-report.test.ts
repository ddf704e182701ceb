import { afterEach, expect, test, vi } from 'vitest'
import { reportEveryMinute, reportLine } from './pool-report.js'

const stats = {
  name: 'main',
  totalCount: 12,
  idleCount: 9,
  activeCount: 3,
  connectingCount: 0,
  waitingCount: 0,
  max: 50,
  utilizationPercent: 6,
  isHealthy: true,
  breaker: 'closed' as const,
  overloaded: false,
  cacheEnabled: false as const,
  queryMetrics: { totalQueries: 1_532, avgDuration: 4.234, slowQueries: 3, failedQueries: 0 },
}

afterEach(() => {
  vi.useRealTimers()
})

test('a report is one line with the numbers that matter', () => {
  expect(reportLine(stats)).toBe(
    'digis pool: 12 of 50 connections (9 idle), 6 % used, 0 waiting; 1532 queries, 4.2 ms on average, 3 slow',
  )
})

test('a report is written every minute until the pool ends', () => {
  vi.useFakeTimers()
  const lines: string[] = []
  const pool = { ending: false, stats: () => stats }
  reportEveryMinute(pool, line => lines.push(line))
  vi.advanceTimersByTime(180_000)
  expect(lines).toHaveLength(3)
  pool.ending = true
  vi.advanceTimersByTime(180_000)
  expect(lines).toHaveLength(3)
  expect(vi.getTimerCount()).toBe(0)
})
