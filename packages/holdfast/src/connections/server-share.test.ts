import { expect, test } from 'vitest'
import { ServerShare } from './server-share.js'

test('a server that never refused sets no limit', () => {
  const share = new ServerShare(10)
  expect(share.isLimited).toBe(false)
  expect(share.most(0)).toBe(Number.POSITIVE_INFINITY)
})

test('a full server leaves a pool what it has, one at least, for a minute, and then slowly more', () => {
  const share = new ServerShare(10)
  share.refused(7, 1_000)
  expect(share.isLimited).toBe(true)
  expect(share.most(60_999)).toBe(7)
  expect(share.most(61_000)).toBe(8)
  expect(share.most(70_999)).toBe(8)
  expect(share.most(71_000)).toBe(9)
  expect(share.isLimited).toBe(true)
  expect(share.most(81_000)).toBe(Number.POSITIVE_INFINITY)
  expect(share.isLimited).toBe(false)
  share.refused(0, 90_000)
  expect(share.most(90_001)).toBe(1)
})

test('a pool that is refused again is content again', () => {
  const share = new ServerShare(10)
  share.refused(5, 0)
  expect(share.most(60_000)).toBe(6)
  share.refused(5, 60_000)
  expect(share.most(119_999)).toBe(5)
})
