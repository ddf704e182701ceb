import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { seededRandom } from './random.js'

const seeds = fc.integer({ min: 0, max: 0xffffffff })

afterEach(() => {
  vi.unstubAllEnvs()
})

test('the same seed gives the same values', () => {
  fc.assert(
    fc.property(seeds, seed => {
      const [one, two] = [seededRandom(seed), seededRandom(seed)]
      for (let i = 0; i < 20; i += 1) expect(one.next()).toBe(two.next())
    }),
  )
})

test('different seeds give different values', () => {
  expect(seededRandom(1).next()).not.toBe(seededRandom(2).next())
})

test('numbers lie in [0, 1) and are spread evenly', () => {
  const random = seededRandom(42)
  const values = Array.from({ length: 10_000 }, () => random.next())
  expect(values.every(value => value >= 0 && value < 1)).toBe(true)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02)
})

test('int reaches both of its bounds and nothing beyond', () => {
  const random = seededRandom(7)
  const values = new Set(Array.from({ length: 500 }, () => random.int(-1, 2)))
  expect([...values].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2])
})

test('int refuses bounds that are not whole or in the wrong order', () => {
  const random = seededRandom(7)
  expect(() => random.int(2, 1)).toThrow('whole numbers min <= max, given 2 and 1')
  expect(() => random.int(0.5, 1)).toThrow(RangeError)
})

test('pick refuses an empty list', () => {
  expect(() => seededRandom(7).pick([])).toThrow('at least one item')
})

test('shuffle keeps every item and the given list', () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.integer()), (seed, items) => {
      const before = [...items]
      const shuffled = seededRandom(seed).shuffle(items)
      expect(items).toEqual(before)
      expect([...shuffled].sort()).toEqual([...items].sort())
    }),
  )
})

test('what one fork draws does not change what another draws', () => {
  const draw = (extra: number): number => {
    const random = seededRandom(99)
    const [noisy, quiet] = [random.fork(), random.fork()]
    for (let i = 0; i < extra; i += 1) noisy.next()
    return quiet.next()
  }
  expect(draw(0)).toBe(draw(5))
})

test('the environment can fix the seed of a failed run', () => {
  vi.stubEnv('HOLDFAST_SEED', '1234')
  expect(seededRandom().seed).toBe(1234)
})
