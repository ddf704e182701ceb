import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServiceRate } from './service-rate.js'

/** A rate that has seen so many turns, one every `gap` milliseconds. */
function paced(gap: number, turns: number, rate = new ServiceRate()): ServiceRate {
  rate.restart(0)
  for (let i = 1; i <= turns; i++) rate.served(i * gap)
  return rate
}

test('says nothing before it has seen ten turns and a tenth of a second', () => {
  expect(paced(20, 9).pace).toBe(0)
  expect(paced(1, 99).pace).toBe(0)
  expect(paced(20, 10).pace).toBe(20)
  expect(paced(1, 100).pace).toBe(1)
})

test('is the time between two turns, whatever a single turn takes', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 100, max: 300 }), (gap, turns) => {
      expect(paced(gap, turns).pace).toBeCloseTo(gap)
    }),
    { seed: 32 },
  ))

test('follows a change within a few windows', () => {
  const rate = paced(1, 100)
  for (let i = 1; i <= 60; i++) rate.served(100 + i * 10)
  expect(rate.pace).toBeGreaterThan(9)
  expect(rate.pace).toBeLessThanOrEqual(10)
})

test('forgets what it knew of an earlier queue', () => {
  const rate = paced(20, 10)
  rate.restart(10_000)
  expect(rate.pace).toBe(0)
})
