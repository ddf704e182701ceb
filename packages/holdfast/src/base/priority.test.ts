import { expect, test } from 'vitest'
import { checkPriority, PRIORITIES, rankOf } from './priority.js'

test('critical goes before normal, normal before background, and who says nothing is normal', () => {
  expect(PRIORITIES.map(rankOf)).toEqual([0, 1, 2])
  expect(rankOf(undefined)).toBe(rankOf('normal'))
})

test('anything else is refused without showing it', () => {
  for (const given of ['urgent', '', 1, null, ['normal']]) {
    expect(() => checkPriority(given)).toThrow(
      /Option "priority": expected one of critical, normal, background/,
    )
  }
  expect(() => checkPriority('urgent')).not.toThrow(/urgent/)
})
