import { expect, test } from 'vitest'
import type { RawField } from './raw-result.js'
import { isSameResult } from './same-result.js'

const field = (name: string, dataTypeID = 23) => ({ name, dataTypeID }) as RawField
const result = (rows: (string | null)[][], fields = [field('a'), field('b')]) => ({ fields, rows })

test('the order of rows makes no difference, how often each is there does', () => {
  const [one, two] = [
    ['1', 'x'],
    ['2', null],
  ]
  expect(isSameResult(result([one, two]), result([one, two]))).toBe(true)
  expect(isSameResult(result([one, two]), result([two, one]))).toBe(true)
  expect(isSameResult(result([one, two, two]), result([one, one, two]))).toBe(false)
  expect(isSameResult(result([one]), result([one, two]))).toBe(false)
  expect(isSameResult(result([]), result([]))).toBe(true)
})

test('NULL is no text, and values keep to their columns', () => {
  expect(isSameResult(result([['1', null]]), result([['1', 'null']]))).toBe(false)
  expect(isSameResult(result([['1', null]]), result([['1', '']]))).toBe(false)
  expect(isSameResult(result([['a","b', 'c']]), result([['a', 'b","c']]))).toBe(false)
})

test('columns differ by number, name and type', () => {
  const rows = [['1', '2']]
  expect(isSameResult(result(rows), result(rows, [field('a'), field('c')]))).toBe(false)
  expect(isSameResult(result(rows), result(rows, [field('a'), field('b', 20)]))).toBe(false)
  expect(isSameResult(result([], [field('a')]), result([]))).toBe(false)
})
