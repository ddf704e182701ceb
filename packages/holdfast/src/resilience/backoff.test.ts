import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BACKOFF, fullJitter } from './backoff.js'

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('full jitter', () => {
  test('stays between 0 and the bound of its attempt, however many have failed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fraction, (attempt, random) => {
        const wait = fullJitter(attempt, random)
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThanOrEqual(Math.min(2_000, 50 * 2 ** (attempt - 1)))
      }),
      { seed: 2 },
    )
  })

  test('spreads over the whole bound and never waits for a shorter one later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fraction, (attempt, random) => {
        expect(fullJitter(attempt, 0)).toBe(0)
        expect(fullJitter(attempt + 1, random)).toBeGreaterThanOrEqual(fullJitter(attempt, random))
      }),
      { seed: 3 },
    )
    expect([1, 2, 3, 7, 8].map(attempt => fullJitter(attempt, 0.5))).toEqual([25, 50, 100, 1_000, 1_000])
  })

  test('takes other bounds', () => {
    expect(fullJitter(1, 0.5, { base: 8, cap: 10 })).toBe(4)
    expect(fullJitter(2, 0.5, { base: 8, cap: 10 })).toBe(5)
    expect(DEFAULT_BACKOFF).toEqual({ base: 50, cap: 2_000 })
  })
})
