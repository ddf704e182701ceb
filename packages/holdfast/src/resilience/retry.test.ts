import { type FakeClock, fakeClock } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { UNLIMITED } from '../base/deadline.js'
import { type RetryOptions, retry } from './retry.js'

const conflict = new Error('conflict')

function options(clock: FakeClock, given: Partial<RetryOptions> = {}): RetryOptions {
  const isRetryable = (error: unknown) => error === conflict
  return { attempts: 3, isRetryable, clock, random: () => 0.5, ...UNLIMITED, ...given }
}

/** A function that fails with these errors, one after another, then succeeds. */
function failing(...errors: Error[]) {
  const runs = { count: 0 }
  const run = async () => {
    const error = errors[runs.count++]
    if (error !== undefined) throw error
    return 'done'
  }
  return { run, runs }
}

describe('retry', () => {
  test('returns the first success and runs no further', async () => {
    const { run, runs } = failing()
    expect(await retry(run, options(fakeClock()))).toBe('done')
    expect(runs.count).toBe(1)
  })

  test('pauses with growing jitter between attempts', async () => {
    const clock = fakeClock()
    const { run, runs } = failing(conflict, conflict)
    const result = retry(run, options(clock))
    await clock.advance(24)
    expect(runs.count).toBe(1)
    await clock.advance(1)
    expect(runs.count).toBe(2)
    await clock.advance(50)
    expect(await result).toBe('done')
  })

  test('throws the last error when its attempts are used up', async () => {
    const clock = fakeClock()
    const last = Object.assign(new Error('last'), {})
    const { run, runs } = failing(conflict, conflict, last, conflict)
    const result = expect(retry(run, options(clock))).rejects.toBe(last)
    await clock.advance(1_000)
    await result
    expect(runs.count).toBe(3)
  })

  test('does not repeat what another attempt cannot mend', async () => {
    const wrong = new Error('wrong')
    const { run, runs } = failing(wrong)
    await expect(retry(run, options(fakeClock()))).rejects.toBe(wrong)
    expect(runs.count).toBe(1)
  })

  test('does not begin a pause that would end after the deadline', async () => {
    const clock = fakeClock()
    const { run, runs } = failing(conflict)
    await expect(retry(run, options(clock, { deadline: 25 }))).rejects.toBe(conflict)
    expect(runs.count).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('does not go on for a caller that has left', async () => {
    const { run, runs } = failing(conflict)
    const signal = AbortSignal.abort()
    await expect(retry(run, options(fakeClock(), { signal }))).rejects.toBe(conflict)
    expect(runs.count).toBe(1)
  })
})
