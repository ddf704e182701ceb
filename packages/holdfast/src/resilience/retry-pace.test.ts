import { describe, expect, test } from 'vitest'
import type { RetryAction } from '../base/retry-action.js'
import { type RetryLimits, type RetryProgress, retryPause } from './retry-pace.js'

const LIMITS: RetryLimits = { attempts: 3, patience: 5_000, freshPasswords: false }
const progress = (rest: Partial<RetryProgress> = {}): RetryProgress => ({
  failures: 1,
  since: 0,
  now: 0,
  random: 0.5,
  ...rest,
})

/** How many retries an action gets when every attempt fails at once. */
function retries(action: RetryAction, limits = LIMITS): number {
  let failures = 1
  while (failures < 100 && retryPause(action, progress({ failures }), limits)) failures++
  return failures - 1
}

describe('the pause before another attempt', () => {
  test('grows from a bound of 50 ms, doubled with each failure', () => {
    const pauses = [1, 2].map(failures => retryPause('again', progress({ failures }), LIMITS)?.millis)
    expect(pauses).toEqual([25, 50])
  })

  test.each<[RetryAction, number]>([
    ['again', 2],
    ['reconnect', 2],
    ['primary', 2],
    ['other-node', 2],
    ['whole', 2],
    ['opt-in', 2],
    ['look-up', 2],
    ['slowly', 2],
    ['log-in', 0],
    ['unknown', 0],
    ['never', 0],
  ])('"%s" gets %i retries of three attempts', (action, expected) => {
    expect(retries(action)).toBe(expected)
  })

  test('a password that may be another one is tried once more, and only once', () => {
    expect(retries('log-in', { ...LIMITS, freshPasswords: true, attempts: 10 })).toBe(1)
  })

  test('a server out of reach is waited for with patience, which costs nothing', () => {
    const late = { failures: 50, now: 4_999 }
    expect(retryPause('wait', progress(late), LIMITS)).toEqual({ millis: 250, costs: false })
    expect(retryPause('wait', progress({ now: 5_000 }), LIMITS)).toBeUndefined()
    expect(retryPause('wait', progress(), { ...LIMITS, attempts: 1 })).toBeUndefined()
  })

  test('a pooler that has reached its limits is given long pauses', () => {
    expect(retryPause('slowly', progress(), LIMITS)?.millis).toBe(500)
  })

  test('with one attempt nothing is tried again', () => {
    const actions: RetryAction[] = ['again', 'reconnect', 'wait', 'look-up', 'log-in', 'primary', 'whole']
    const limits = { ...LIMITS, attempts: 1, freshPasswords: true }
    expect(actions.map(action => retryPause(action, progress(), limits))).toEqual(
      actions.map(() => undefined),
    )
  })
})
