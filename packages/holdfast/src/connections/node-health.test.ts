import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_CONNECTING } from './growth.js'
import {
  type ConnectAttempt,
  freeSlots,
  HEALTHY,
  isHopeless,
  type NodeEvent,
  type NodeHealth,
  nextHealth,
} from './node-health.js'

const step = fc.record({
  event: fc.constantFrom<NodeEvent>('opened', 'failed', 'failed', 'wanted'),
  /** Milliseconds since the event before. */
  after: fc.integer({ min: 0, max: 3_000 }),
  /** How long the attempt took. */
  took: fc.integer({ min: 0, max: 3_000 }),
  transient: fc.boolean(),
  answering: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})
const scripts = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' })

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Moment {
  readonly before: NodeHealth
  readonly after: NodeHealth
  readonly event: NodeEvent
  readonly attempt: ConnectAttempt
}

/** What each step of a script does. */
function history(script: readonly Step[]): Moment[] {
  let now = 10_000
  let health = HEALTHY
  return script.map(({ event, after, took, transient, answering, random }, index) => {
    now += after
    const failure = { error: new Error(`${index}`), transient, answering, random }
    const attempt = { startedAt: now - took, now, ...(event === 'failed' && { failure }) }
    const before = health
    health = nextHealth(health, event, attempt)
    return { before, after: health, event, attempt }
  })
}

const always = (check: (moment: Moment) => void, seed: number) =>
  fc.assert(
    fc.property(scripts, script => {
      for (const moment of history(script)) check(moment)
    }),
    { seed, numRuns: 300 },
  )

/** An attempt that failed at an instant. */
function failed(now: number, given: Partial<NonNullable<ConnectAttempt['failure']>> = {}): ConnectAttempt {
  const failure = { error: new Error('refused'), transient: true, answering: false, random: 0.5, ...given }
  return { startedAt: now, now, failure }
}

const at = (now: number): ConnectAttempt => ({ startedAt: now, now })

/** After failures in a row, each tried as soon as it may be. */
function afterFailures(count: number, from: NodeHealth = HEALTHY): NodeHealth {
  let health = from
  for (let i = 0; i < count; i++) {
    const now = Math.max(0, health.retryAt)
    health = nextHealth(nextHealth(health, 'wanted', at(now)), 'failed', failed(now))
  }
  return health
}

describe('the breaker of a server', () => {
  test('is closed exactly as long as the last word on the server is good', () =>
    always(({ before, after, event, attempt }) => {
      if (event === 'opened') expect(after.state).toBe('closed')
      const isNews = attempt.startedAt >= before.lastFailureAt
      if (event === 'failed' && isNews && before.state !== 'open') expect(after.state).toBe('open')
      expect(after.lastError === undefined).toBe(after.state === 'closed')
    }, 6))

  test('counts a round once, however many attempts failed in it', () =>
    always(({ before, after, event, attempt }) => {
      const isRound = before.state !== 'open' && attempt.startedAt >= before.lastFailureAt
      if (event !== 'failed' || !isRound) expect(after.failures).toBe(before.failures)
      else expect([1, before.failures + 1]).toContain(after.failures)
    }, 7))

  test('lets nobody try before a pause of at most 2 s is over, and then one at a time', () =>
    always(({ after, event, attempt }) => {
      if (after.state !== 'open') return
      expect(after.retryAt - after.lastFailureAt).toBeLessThanOrEqual(2_000)
      expect(freeSlots(after, 0)).toBe(0)
      if (event === 'failed') expect(after.retryAt).toBeGreaterThanOrEqual(after.lastFailureAt)
      const early = nextHealth(after, 'wanted', at(after.retryAt - 0.001))
      expect(early).toBe(after)
      const due = nextHealth(after, 'wanted', at(Math.max(attempt.now, after.retryAt)))
      expect(due.state).toBe('half-open')
      expect(freeSlots(due, 0)).toBe(1)
      expect(freeSlots(due, 1)).toBe(0)
    }, 8))

  test('never has more connects in flight than a server forks gladly', () =>
    always(({ after }) => {
      expect(freeSlots(after, 0)).toBeLessThanOrEqual(MOST_CONNECTING)
      expect(freeSlots(after, MOST_CONNECTING)).toBe(0)
    }, 9))

  test('pauses longer with each failed probe, and starts short again long after an outage', () => {
    const pauses = [1, 2, 3, 7, 8].map(count => {
      const health = afterFailures(count)
      return health.retryAt - health.lastFailureAt
    })
    expect(pauses).toEqual([25, 50, 100, 1_000, 1_000])
    const back = nextHealth(afterFailures(8), 'opened', at(60_000))
    const soon = nextHealth(back, 'failed', failed(back.lastFailureAt + 5_000))
    expect(soon.failures).toBe(9)
    expect(nextHealth(back, 'failed', failed(back.lastFailureAt + 20_000)).failures).toBe(1)
  })

  test('lets connections come back gradually after an outage: one, two, four, eight at a time', () => {
    let health = afterFailures(3)
    const slots = [1, 2, 3, 4, 5].map(round => {
      health = nextHealth(health, 'opened', at(60_000 + round))
      return freeSlots(health, 0)
    })
    expect(slots).toEqual([1, 2, 4, 8, 8])
    expect(freeSlots(HEALTHY, 0)).toBe(8)
  })

  test('ignores a straggler that failed after another attempt had got through', () => {
    const back = nextHealth(afterFailures(1), 'opened', at(50))
    expect(nextHealth(back, 'failed', { ...failed(60), startedAt: -1 })).toBe(back)
  })
})

describe('waiting for a server', () => {
  test('is pointless when nobody has ever seen it and some rounds found none', () => {
    expect([1, 2, 3].map(rounds => isHopeless(afterFailures(rounds), 3))).toEqual([false, false, true])
    expect(isHopeless(HEALTHY, 1)).toBe(false)
  })

  test('is worth it when it was there before, however long it is away', () => {
    const seen = nextHealth(HEALTHY, 'opened', at(0))
    expect(isHopeless(afterFailures(50, seen), 3)).toBe(false)
  })

  test('is worth it when it answers that it starts up or is full', () => {
    const full = nextHealth(HEALTHY, 'failed', failed(0, { answering: true }))
    expect(isHopeless(full, 1)).toBe(false)
  })

  test('is pointless at once when the failure does not pass by itself', () => {
    const seen = nextHealth(HEALTHY, 'opened', at(0))
    const wrong = failed(0, { transient: false })
    for (const before of [HEALTHY, seen])
      expect(isHopeless(nextHealth(before, 'failed', wrong), 3)).toBe(true)
  })
})
