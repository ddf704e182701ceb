import { expect, test } from 'vitest'
import { ServerShare } from './server-share.js'

test('a server that never refused sets no limit', () => {
  const share = new ServerShare()
  expect(share.isLimited).toBe(false)
  expect(share.most(0)).toBe(Number.POSITIVE_INFINITY)
})

test('a full server leaves a pool what it has, one at least, for a minute', () => {
  const share = new ServerShare()
  share.refused(7, 1_000)
  expect(share.isLimited).toBe(true)
  expect(share.most(60_999)).toBe(7)
  expect(share.most(61_000)).toBe(Number.POSITIVE_INFINITY)
  expect(share.isLimited).toBe(false)
  share.refused(0, 70_000)
  expect(share.most(70_001)).toBe(1)
})
