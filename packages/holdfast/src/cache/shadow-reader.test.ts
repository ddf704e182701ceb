import { describe, expect, test } from 'vitest'
import { Reader } from './reader.js'
import { hitsUntilNext, readerFor, type ShadowParts } from './shadow-reader.js'

const readerWith = (shadowReads: number) =>
  readerFor({ settings: { shadowReads }, random: () => 0.5 } as unknown as ShadowParts)

test('a reader that compares nothing is the plain one, without a step more for any hit', () => {
  expect(readerWith(0).constructor).toBe(Reader)
  expect(readerWith(0.01).constructor).not.toBe(Reader)
})

describe('hits until the next one that is compared', () => {
  test('are one where every hit is compared', () => {
    for (const random of [Number.MIN_VALUE, 0.5, 1]) expect(hitsUntilNext(1, random)).toBe(1)
  })

  test('are at least one, and as many on average as the share says', () => {
    const draws = Array.from({ length: 10_000 }, (_, index) => hitsUntilNext(0.01, (index + 1) / 10_000))
    expect(Math.min(...draws)).toBe(1)
    const average = draws.reduce((sum, each) => sum + each, 0) / draws.length
    expect(average).toBeCloseTo(100, -1)
  })
})
