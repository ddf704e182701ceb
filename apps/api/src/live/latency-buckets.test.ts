import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSparse, BUCKETS, bucketOf, percentile, sparse } from './latency-buckets.js'

test('a percentile is off by at most 7 %, from 0.1 ms to three minutes', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 180_000, noNaN: true }), millis => {
      const counts = new Float64Array(BUCKETS)
      counts[bucketOf(millis)] = 1
      expect(Math.abs(percentile(counts, 0.99) / millis - 1)).toBeLessThan(0.07)
    }),
  )
})

test('of a hundred durations, percentiles find the one at their place', () => {
  const counts = new Float64Array(BUCKETS)
  for (let at = 1; at <= 100; at++) counts[bucketOf(at)] = (counts[bucketOf(at)] ?? 0) + 1
  for (const share of [0.5, 0.95, 0.99])
    expect(Math.abs(percentile(counts, share) / (share * 100) - 1)).toBeLessThan(0.1)
  expect(percentile(new Float64Array(BUCKETS), 0.5)).toBe(0)
})

test('counts of several processes add up, and pairs that are no buckets change nothing', () => {
  const counts = new Float64Array(BUCKETS)
  counts[bucketOf(5)] = 3
  const both = new Float64Array(BUCKETS)
  addSparse(both, sparse(counts))
  addSparse(both, [...sparse(counts), -1, 7, BUCKETS, 7, 3])
  expect(both[bucketOf(5)]).toBe(6)
  expect(both.reduce((sum, count) => sum + count)).toBe(6)
})

test.each([Number.NaN, -1, 0, Number.POSITIVE_INFINITY])('a duration of %s has a bucket', millis => {
  expect(bucketOf(millis)).toBeGreaterThanOrEqual(0)
  expect(bucketOf(millis)).toBeLessThan(BUCKETS)
})
