import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency-histogram.js'

const millis = fc.double({ min: 0, max: 4_000_000, noNaN: true })

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.observe(value)
  return histogram
}

test('a percentile is off by at most a sixteenth of itself, or half a microsecond', () => {
  const part = fc.double({ min: 0.01, max: 1, noNaN: true })
  const values = fc.array(millis, { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(values, part, (all, part) => {
      const sorted = [...all].sort((a, b) => a - b)
      const exact = sorted[Math.ceil(all.length * part) - 1] as number
      const told = histogramOf(all).percentile(part)
      expect(Math.abs(told - exact)).toBeLessThanOrEqual(Math.max(exact / 16, 0.0005) + 1e-9)
    }),
  )
})

test('the maximum is exact, and no percentile is above it', () => {
  const { p99, max } = histogramOf([1, 2, 123.456]).summary()
  expect(max).toBe(123.456)
  expect(p99).toBeLessThanOrEqual(max)
})

test('nothing observed is all zeros; what is no duration counts as the shortest, or the longest', () => {
  expect(new LatencyHistogram().summary()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 })
  expect(histogramOf([-1]).percentile(1)).toBe(0)
  expect(histogramOf([Number.POSITIVE_INFINITY]).count).toBe(1)
  expect(histogramOf([1e12]).percentile(1)).toBeGreaterThan(4_000_000)
})

test('merging observes everything once, and the difference to an earlier copy is what came since', () => {
  fc.assert(
    fc.property(fc.array(millis), fc.array(millis), (before, after) => {
      const sum = histogramOf(before)
      sum.merge(histogramOf(after))
      expect(sum.summary()).toEqual(histogramOf([...before, ...after]).summary())
      const since = sum.since(histogramOf(before))
      expect(since.count).toBe(after.length)
      const exact = histogramOf(after).percentile(0.5)
      expect(Math.abs(since.percentile(0.5) - exact)).toBeLessThanOrEqual(Math.max(exact / 8, 0.001))
    }),
  )
})
