import { type FakeClock, fakeClock } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import { UNLIMITED } from '../base/deadline.js'
import { OutcomeUnknownError } from '../base/errors.js'
import { type FailedCall, type Retrier, retrierFor } from './retrier.js'

const conflict = new Error('conflict')
const failed = (rest: Partial<FailedCall> = {}): FailedCall => ({
  error: conflict,
  action: 'again',
  limits: UNLIMITED,
  failures: 1,
  since: 0,
  ...rest,
})

function retrier(clock: FakeClock, settings = {}): Retrier {
  const defaults = {
    connectAttempts: 3,
    connectTimeout: 5_000,
    overload: { maxWaiting: 1_000 },
    retryBudget: 0.2,
  }
  return retrierFor({ ...defaults, ...settings }, { clock, random: () => 0.5, freshPasswords: false })
}

describe('a call that has failed', () => {
  test('goes on after its pause', async () => {
    const clock = fakeClock()
    const retries = retrier(clock)
    let isOver = false
    const pause = retries.pause(failed({ failures: 2 })).then(() => {
      isOver = true
    })
    await clock.advance(49)
    expect(isOver).toBe(false)
    await clock.advance(1)
    await pause
    expect(retries.counts()).toEqual({ made: 1, refused: 0 })
  })

  test('gets its own error when its attempts are used up', async () => {
    const retries = retrier(fakeClock())
    await expect(retries.pause(failed({ failures: 3 }))).rejects.toBe(conflict)
    await expect(retries.pause(failed({ attempts: 1 }))).rejects.toBe(conflict)
  })

  test('does not begin a pause that would end after its deadline', async () => {
    const clock = fakeClock()
    const limits = { deadline: 25, signal: undefined }
    await expect(retrier(clock).pause(failed({ limits }))).rejects.toBe(conflict)
    expect(clock.pending).toBe(0)
  })

  test('gets its own error when its caller had left before', async () => {
    const limits = { ...UNLIMITED, signal: AbortSignal.abort() }
    await expect(retrier(fakeClock()).pause(failed({ limits }))).rejects.toBe(conflict)
  })

  test('is told at once when its caller leaves meanwhile, and nothing is left behind', async () => {
    const clock = fakeClock()
    const controller = new AbortController()
    const pause = retrier(clock).pause(failed({ limits: { ...UNLIMITED, signal: controller.signal } }))
    controller.abort()
    await expect(pause).rejects.toMatchObject({ name: 'AbortError', retry: 'safe' })
    expect(clock.pending).toBe(0)
  })

  test('is told that it may have been applied, where that is so', async () => {
    const controller = new AbortController()
    const limits = { ...UNLIMITED, signal: controller.signal }
    const error = new OutcomeUnknownError('HOLDFAST_OUTCOME_UNKNOWN', 'lost', { retry: 'safe' })
    const pause = retrier(fakeClock()).pause(failed({ error, limits }))
    controller.abort()
    await expect(pause).rejects.toMatchObject({ name: 'AbortError', retry: 'unknown' })
  })

  test('gets its own error when the budget of the pool is spent, unless the server is only waited for', async () => {
    const clock = fakeClock()
    const retries = retrier(clock)
    const paused = Array.from({ length: 11 }, () => retries.pause(failed()).catch(error => error))
    await clock.advance(25)
    expect((await Promise.all(paused)).filter(error => error === conflict)).toHaveLength(1)
    expect(retries.counts()).toEqual({ made: 10, refused: 1 })
    const waiting = retries.pause(failed({ action: 'wait' }))
    await clock.advance(25)
    await waiting
    for (let request = 0; request < 1_000; request++) retries.count()
    await clock.advance(10_000)
    const paid = retries.pause(failed())
    await clock.advance(25)
    await paid
  })

  test('does not join a crowd that waits already', async () => {
    const clock = fakeClock()
    const retries = retrier(clock, { overload: { maxWaiting: 1 } })
    const first = retries.pause(failed())
    await expect(retries.pause(failed())).rejects.toBe(conflict)
    await clock.advance(25)
    await first
  })
})
