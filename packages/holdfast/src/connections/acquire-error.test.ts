import { describe, expect, test } from 'vitest'
import type { PoolNumbers } from '../base/errors.js'
import { acquireTimeoutError, overloadedError, poolEndedError } from './acquire-error.js'

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

  test('says how many callers wait when there are too many', () => {
    const error = overloadedError(numbers)
    expect(error).toMatchObject({ code: 'HOLDFAST_OVERLOADED', retry: 'safe', pool: numbers })
    expect(error.message).toContain(`"orders" is overloaded: 17 callers already wait ${LINE}`)
  })

  test("begins as pg-pool's when the pool has ended", () => {
    const error = poolEndedError(numbers)
    expect(error).toMatchObject({ code: 'HOLDFAST_POOL_ENDED', retry: 'never', pool: numbers })
    expect(error.message).toMatch(/^Cannot use a pool after calling end on the pool/)
  })
})
