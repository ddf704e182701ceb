import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterFailure, HEALTHY, isDown, mayConnect, type NodeHealth } from './node-health.js'

const failure = fc.record({
  /** Milliseconds since the failure before. */
  after: fc.integer({ min: 0, max: 3_000 }),
  /** How long the attempt took. */
  took: fc.integer({ min: 0, max: 3_000 }),
  transient: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})
const failures = fc.array(failure, { minLength: 1, maxLength: 20, size: 'max' })

type Failure = typeof failure extends fc.Arbitrary<infer T> ? T : never

/** The health after each failure. */
function history(script: readonly Failure[]): { health: NodeHealth; now: number; startedAt: number }[] {
  let now = 10_000
  let health = HEALTHY
  return script.map(({ after, took, transient, random }, index) => {
    now += after
    const startedAt = now - took
    health = afterFailure(health, { error: new Error(`${index}`), transient, startedAt, now, random })
    return { health, now, startedAt }
  })
}

const always = (check: (steps: ReturnType<typeof history>, script: Failure[]) => void, seed: number) =>
  fc.assert(
    fc.property(failures, script => check(history(script), script)),
    { seed, numRuns: 100 },
  )

describe('the health of a server', () => {
  test('is fine as long as nothing failed', () => {
    expect(isDown(HEALTHY, 1)).toBe(false)
    expect(mayConnect(HEALTHY, 0, 100)).toBe(true)
  })

  test('counts a round once, however many attempts failed in it', () =>
    always(steps => {
      let rounds = 0
      let lastRound = Number.NEGATIVE_INFINITY
      for (const { health, now, startedAt } of steps) {
        if (startedAt >= lastRound) {
          rounds++
          lastRound = now
        }
        expect(health.failures).toBe(rounds)
        expect(health.lastFailureAt).toBe(lastRound)
      }
    }, 7))

  test('remembers the latest error and whether it may pass', () =>
    always((steps, script) => {
      const last = steps.at(-1)?.health
      expect(last?.lastError?.message).toBe(String(script.length - 1))
      expect(last?.transient).toBe(script.at(-1)?.transient)
    }, 8))

  test('lets nobody try before the backoff of at most 2 s is over, and then one at a time', () =>
    always(steps => {
      for (const { health } of steps) {
        const { retryAt, lastFailureAt } = health
        expect(retryAt - lastFailureAt).toBeGreaterThanOrEqual(0)
        expect(retryAt - lastFailureAt).toBeLessThanOrEqual(2_000)
        expect(mayConnect(health, retryAt - 0.001, 0)).toBe(false)
        expect(mayConnect(health, retryAt, 0)).toBe(true)
        expect(mayConnect(health, retryAt, 1)).toBe(false)
      }
    }, 9))

  test('is down after so many rounds, or at once when waiting is pointless', () =>
    always(steps => {
      for (const { health } of steps) {
        expect(isDown(health, 3)).toBe(health.failures >= 3 || !health.transient)
        expect(isDown(health, 1)).toBe(true)
      }
    }, 10))
})
