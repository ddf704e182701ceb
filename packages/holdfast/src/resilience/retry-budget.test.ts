import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BUDGET, fullReserve, fundsAt, RetryBudget } from './retry-budget.js'

/** How many retries can be taken at one instant. */
function spendAll(budget: RetryBudget, now: number): number {
  let spent = 0
  while (budget.spend(now)) spent++
  return spent
}

describe('a retry budget', () => {
  test('has a small reserve without any requests, which comes back with time', () => {
    const budget = new RetryBudget(DEFAULT_BUDGET, 0)
    expect(spendAll(budget, 0)).toBe(10)
    expect(spendAll(budget, 1_000)).toBe(0)
    expect(spendAll(budget, 60_000)).toBeGreaterThanOrEqual(9)
  })

  test('holds a fifth of the requests of ten seconds, however long they went on', () => {
    for (const seconds of [60, 3_600]) {
      const budget = new RetryBudget(DEFAULT_BUDGET, 0)
      budget.requests = 100 * seconds
      const spent = spendAll(budget, seconds * 1_000)
      expect(spent).toBeGreaterThan(200)
      expect(spent).toBeLessThanOrEqual(210)
    }
  })

  test('never allows more than the share of the requests and the reserves of the time', () => {
    const steps = fc.array(fc.record({ requests: fc.nat(500), wait: fc.nat(20_000) }), { maxLength: 50 })
    fc.assert(
      fc.property(steps, given => {
        const budget = new RetryBudget(DEFAULT_BUDGET, 0)
        let [now, spent] = [0, 0]
        for (const { requests, wait } of given) {
          now += wait
          budget.requests += requests
          spent += spendAll(budget, now)
          // Time that stands still counts as a millisecond.
          const most = 10 + 0.2 * budget.requests + (10 * (now + given.length)) / 10_000
          expect(spent).toBeLessThanOrEqual(most + 0.001)
        }
      }),
    )
  })

  test('can be switched down to its reserve', () => {
    const options = { ...DEFAULT_BUDGET, share: 0 }
    const funds = fundsAt(fullReserve(options, 0), { requests: 1_000_000, now: 10_000 }, options)
    expect(funds.tokens).toBeCloseTo(10)
  })
})
