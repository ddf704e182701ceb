import { expect, test } from 'vitest'
import { resolveOverload } from '../base/overload-options.js'
import { LendingLimit } from './lending-limit.js'

const limitOf = (options: Parameters<typeof resolveOverload>[0], max = 10) =>
  new LendingLimit(max, resolveOverload(options))

test('without an option for it every connection may be lent to everybody', () => {
  const limit = limitOf(undefined)
  expect(limit.isLimited).toBe(false)
  expect(limit.lowestRank(1_000)).toBe(2)
})

test('reserved connections are for critical calls alone', () => {
  const limit = limitOf({ reserved: 2 })
  expect([0, 7, 8, 9, 10].map(active => limit.lowestRank(active))).toEqual([2, 2, 0, 0, -1])
})

test('adapts when latency rises with the load, and to no less than two connections', () => {
  const limit = limitOf({ adaptive: true })
  let now = 0
  const use = (millis: number, times: number) => {
    for (let i = 0; i < times; i++) {
      now += 20
      limit.used(millis, limit.limit, now)
    }
  }
  use(5, 200)
  expect(limit.limit).toBe(10)
  use(500, 150)
  expect(limit.limit).toBeLessThan(10)
  expect(limit.lowestRank(limit.limit)).toBe(-1)
  use(50_000, 2_000)
  expect(limit.limit).toBeGreaterThanOrEqual(2)
})

test('a pool of one connection stays one', () => {
  const limit = limitOf({ adaptive: true }, 1)
  for (let i = 1; i < 500; i++) limit.used(i * i, 1, i * 20)
  expect(limit.limit).toBe(1)
})
