import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jitteredLifetime } from './pooled-connection.js'

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the lifetime of a connection', () => {
  test('is never longer than the setting and at most a tenth shorter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000 }), fraction, (setting, random) => {
        const lifetime = jitteredLifetime(setting, random)
        expect(lifetime).toBeLessThanOrEqual(setting)
        expect(lifetime).toBeGreaterThanOrEqual(setting * 0.9)
      }),
      { seed: 17 },
    )
  })

  test('differs between connections that were opened together', () => {
    const lifetimes = [0, 0.25, 0.5, 0.75].map(random => jitteredLifetime(1_800_000, random))
    expect(new Set(lifetimes).size).toBe(4)
  })

  test('is exact when it is short, and endless when it is 0', () => {
    expect(jitteredLifetime(9_999, 0.9)).toBe(9_999)
    expect(jitteredLifetime(10_000, 0.5)).toBe(9_500)
    expect(jitteredLifetime(0, 0.9)).toBe(Number.POSITIVE_INFINITY)
  })
})
