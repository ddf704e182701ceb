import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { requestedTimeout, startDeadline } from './deadline.js'
import { Problem } from './problem.js'

function fakeResponse(): ServerResponse & { writableFinished: boolean } {
  return Object.assign(new EventEmitter(), { writableFinished: false }) as never
}

describe('a deadline', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('says how much is left, and refuses to start anything when nothing is', () => {
    const deadline = startDeadline(1000, fakeResponse())
    expect(deadline.remaining()).toBe(1000)
    vi.advanceTimersByTime(400)
    expect(deadline.remaining()).toBe(600)
    vi.advanceTimersByTime(600)
    expect(() => deadline.remaining()).toThrow(Problem)
  })

  test('aborts what still runs a moment after its end', () => {
    const { signal } = startDeadline(1000, fakeResponse())
    vi.advanceTimersByTime(1000)
    expect(signal.aborted).toBe(false)
    vi.advanceTimersByTime(1000)
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ kind: 'timed-out' })
  })

  test('aborts at once when the caller is gone', () => {
    const response = fakeResponse()
    const deadline = startDeadline(1000, response)
    response.emit('close')
    expect(deadline.signal.aborted).toBe(true)
    expect(() => deadline.remaining()).toThrow('closed the connection')
  })

  test('ends without an abort when the response is sent', () => {
    const response = fakeResponse()
    const { signal } = startDeadline(1000, response)
    response.writableFinished = true
    response.emit('close')
    expect(vi.getTimerCount()).toBe(0)
    expect(signal.aborted).toBe(false)
  })
})

describe('the timeout that a caller asks for', () => {
  test.each([
    [undefined, 10_000],
    ['2.5', 2_500],
    ['0.001', 1],
    ['60', 10_000],
  ])('%s gives %i ms of 10 s', (header, timeout) => {
    expect(requestedTimeout(header, 10_000)).toBe(timeout)
  })

  test.each(['', '0', '-1', '1s', 'Infinity', '1e3', '0x10', '99999999999'])(
    '%j is refused by name',
    header => {
      expect(() => requestedTimeout(header, 10_000)).toThrow(
        /^Request-Timeout must be a positive number of seconds/,
      )
    },
  )
})
