import { expect, test } from 'vitest'
import { LogSampler } from './log-sampler.js'

test('so many lines pass in a minute, and the first of the next says how many did not', () => {
  const sampler = new LogSampler(2)
  expect([0, 1, 2, 3, 59_999].map(now => sampler.take(now))).toEqual([0, 0, undefined, undefined, undefined])
  expect([60_000, 60_001, 60_002].map(now => sampler.take(now))).toEqual([3, 0, undefined])
})

test('of none a minute, none passes', () => {
  expect(new LogSampler(0).take(0)).toBeUndefined()
})
