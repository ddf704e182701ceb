import { expect, test } from 'vitest'
import { stepUtilization, toldBy, UNUSED, utilizationEvent } from './utilization-alert.js'

/** What is told when so many percent are used, second by second. */
function told(percents: readonly number[]): string[] {
  let known = UNUSED
  return percents.flatMap((percent, second) => {
    const before = known
    known = stepUtilization(before, utilizationEvent(percent / 100, 0.8), {
      now: second * 1_000,
      sustained: 3_000,
    })
    const news = toldBy(before, known)
    return news === undefined ? [] : [`${news} at ${second}`]
  })
}

test('a pool that stays busy is told once, and once when it is calm again', () => {
  expect(told([10, 80, 90, 100, 80, 100, 100, 10, 10, 10, 10, 10])).toEqual(['busy at 4', 'calm at 10'])
})

test('a peak that does not last is not told', () => {
  expect(told([90, 90, 90, 10, 90, 90, 79, 90, 90])).toEqual([])
})

test('going back and forth over the bound is told once', () => {
  expect(told([90, 90, 90, 90, 75, 90, 75, 90, 75, 90, 75, 90])).toEqual(['busy at 3'])
  expect(told([90, 90, 90, 90, 60, 60, 75, 60, 60, 60, 60])).toEqual(['busy at 3', 'calm at 10'])
})
