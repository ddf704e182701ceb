import { expect, test } from 'vitest'
import { waitBetweenPolls, waitBetweenTries } from './waits.js'

test('the wait between tries doubles up to a bound and is never shorter than half of it', () => {
  expect([1, 2, 3, 6, 50].map(failures => waitBetweenTries(failures, 0))).toEqual([
    50, 100, 200, 1_600, 1_600,
  ])
  expect([1, 2, 3, 6, 50].map(failures => waitBetweenTries(failures, 1))).toEqual([
    100, 200, 400, 3_200, 3_200,
  ])
})

test('two runners that poll the lock do so at different moments', () => {
  expect(waitBetweenPolls(0)).toBe(50)
  expect(waitBetweenPolls(0.999)).toBeGreaterThan(149)
})
