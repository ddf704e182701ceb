import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServiceRate } from './service-rate.js'

/** A rate that has seen so many turns, one every `gap` milliseconds. */
function paced(gap: number, turns: number): ServiceRate {
  const rate = new ServiceRate()
  rate.restart(0)
  for (let i = 1; i <= turns; i++) rate.served(i * gap)
  return rate
}

test('says nothing before it has seen ten turns and a tenth of a second, twice', () => {
  expect(paced(20, 19).pace).toBe(0)
  expect(paced(1, 199).pace).toBe(0)
  expect(paced(20, 20).pace).toBe(20)
  expect(paced(1, 200).pace).toBe(1)
})

test('is the time between two turns, whatever a single turn takes', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 200, max: 400 }), (gap, turns) => {
      expect(paced(gap, turns).pace).toBeCloseTo(gap)
    }),
    { seed: 32 },
  ))

test('does not take one pause of the server for its speed', () => {
  const rate = paced(1, 200)
  for (let i = 0; i < 10; i++) rate.served(3_200 + i)
  expect(rate.pace).toBe(1)
})

test('follows a change that lasts', () => {
  const rate = paced(1, 200)
  for (let i = 1; i <= 20; i++) rate.served(200 + i * 10)
  expect(rate.pace).toBe(10)
})

test('forgets what it knew when it starts anew', () => {
  const rate = paced(20, 20)
  rate.restart(10_000)
  expect(rate.pace).toBe(0)
})
