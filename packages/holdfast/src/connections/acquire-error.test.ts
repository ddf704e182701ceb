import { describe, expect, test } from 'vitest'
import type { OverloadedError, PoolNumbers } from '../base/errors.js'
import {
  acquireTimeoutError,
  overloadedError,
  poolEndedError,
  shedError,
  tooLateError,
  unavailableError,
} from './acquire-error.js'

const numbers: PoolNumbers = {
  name: 'orders',
  max: 5,
  total: 5,
  active: 4,
  idle: 0,
  connecting: 1,
  waiting: 17,
}
const LINE = '[total=5 active=4 idle=0 connecting=1 waiting=17 max=5]'

describe('an error about waiting for a connection', () => {
  test('says that the pool is busy: how many are in use and for how long', () => {
    const error = acquireTimeoutError(5_000, { numbers, lastError: undefined, longestUse: 61_234 })
    expect(error).toMatchObject({ code: 'HOLDFAST_POOL_TIMEOUT', retry: 'safe', pool: numbers })
    expect(error.message).toBe(
      `timeout exceeded when trying to connect: pool "orders" had no connection within 5 s; 4 of 5 connections are in use, the longest for 61.2 s: look for slow queries or clients that are not released, or raise "max" ${LINE}`,
    )
    expect(error.cause).toBeUndefined()
  })

  test('says that the server is down, with the last failure as the cause', () => {
    const lastError = new Error('connect ECONNREFUSED')
    const error = acquireTimeoutError(250, { numbers, lastError, longestUse: 0 })
    expect(error.message).toContain('within 250 ms; the server cannot be reached (connect ECONNREFUSED)')
    expect(error.message).toContain(LINE)
    expect(error.cause).toBe(lastError)
  })

  test('blames nobody while the first connections are being opened', () => {
    const error = acquireTimeoutError(250, {
      numbers: { ...numbers, active: 0 },
      lastError: undefined,
      longestUse: 0,
    })
    expect(error.message).toContain('connections were still being opened [total=5 active=0')
  })

  test.each([
    [overloadedError, [], 'queue full', '17 callers already wait'],
    [shedError, ['background', 41.2], 'shed', 'this one (background) was turned away after 41 ms'],
    [tooLateError, [3_200, 1_000], 'hopeless deadline', 'done in about 3.2 s, and its deadline is in 1 s'],
  ] as const)('says why a call was turned away: %o', (make, given, reason, words) => {
    const lastError = new Error('connect ECONNREFUSED')
    const shortage = { numbers, lastError, longestUse: 0, retryAfter: 1_500 }
    const error = (make as (...args: unknown[]) => OverloadedError)(shortage, ...given)
    const fields = { code: 'HOLDFAST_OVERLOADED', retry: 'safe', pool: numbers, retryAfter: 1_500, reason }
    expect(error).toMatchObject({ ...fields, cause: lastError })
    expect(error.message).toContain('"orders" is overloaded: ')
    expect(error.message).toContain(words)
    expect(error.message).toContain(`${LINE}. Nothing was sent.`)
  })

  test('says when the server is looked for again, after the deadline', () => {
    const lastError = Object.assign(new Error('too many'), { code: '53300' })
    const error = unavailableError(numbers, lastError, 1_200)
    expect(error).toMatchObject({ code: 'HOLDFAST_UNAVAILABLE', category: 'overloaded', retryAfter: 1_200 })
    expect(error.cause).toBe(lastError)
    expect(error.message).toContain('(too many); the next attempt, in 1.2 s, comes after the deadline')
    expect(unavailableError(numbers, new Error('x'), 1).category).toBe('unreachable')
  })

  test("begins as pg-pool's when the pool has ended", () => {
    const error = poolEndedError(numbers)
    expect(error).toMatchObject({ code: 'HOLDFAST_POOL_ENDED', retry: 'never', pool: numbers })
    expect(error.message).toMatch(/^Cannot use a pool after calling end on the pool/)
  })
})
