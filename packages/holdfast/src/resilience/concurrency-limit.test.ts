import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConcurrencyLimit, type LatencyWindow, stepLimit } from './concurrency-limit.js'

const BOUNDS = { min: 2, max: 50 }
const FULL: ConcurrencyLimit = { limit: 50, usual: 0 }

/** The limits after each window. */
function run(windows: readonly LatencyWindow[], from = FULL): ConcurrencyLimit[] {
  let state = from
  return windows.map(window => {
    state = stepLimit(state, window, BOUNDS)
    return state
  })
}

/** A database that serves `cores` calls side by side, each in `work` ms; more share them. */
function simulate(cores: number, steps: number, from = FULL): ConcurrencyLimit {
  let state = from
  for (let i = 0; i < steps; i++) {
    const inFlight = Math.floor(state.limit)
    const latency = 5 * Math.max(1, inFlight / cores)
    state = stepLimit(state, { latency, inFlight }, BOUNDS)
  }
  return state
}

const windows = fc.array(
  fc.record({
    latency: fc.double({ min: 0, max: 10_000, noNaN: true }),
    inFlight: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 100 },
)

describe('the adaptive limit', () => {
  test('stays within its bounds, whatever latencies are seen', () =>
    fc.assert(
      fc.property(windows, given => {
        for (const { limit } of run(given)) {
          expect(limit).toBeGreaterThanOrEqual(BOUNDS.min)
          expect(limit).toBeLessThanOrEqual(BOUNDS.max)
        }
      }),
      { seed: 33 },
    ))

  test('stays at max while the latency does not depend on it', () => {
    expect(simulate(1_000, 200).limit).toBe(50)
  })

  test('shrinks when latency jumps: the database is the bottleneck', () => {
    const usual = simulate(1_000, 200)
    const limits = run(Array(10).fill({ latency: 50, inFlight: 50 }), usual).map(({ limit }) => limit)
    expect(limits[9]).toBeLessThan(30)
    for (const [i, limit] of limits.entries()) if (i > 0) expect(limit).toBeLessThan(limits[i - 1] as number)
  })

  test('grows back to max when latency is as usual again', () => {
    const low = { limit: 4, usual: 5 }
    expect(run(Array(100).fill({ latency: 5, inFlight: 50 }), low).at(-1)?.limit).toBe(50)
  })

  test('is left alone while nobody reaches it', () => {
    const quiet = { limit: 40, usual: 5 }
    expect(stepLimit(quiet, { latency: 100, inFlight: 10 }, BOUNDS).limit).toBe(40)
  })
})
