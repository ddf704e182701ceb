import { expect, test } from 'vitest'
import { numberTypes, parseInt8 } from './number-types.js'

test.each([
  ['0', 0],
  ['-5', -5],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', '9007199254740992'],
  ['-9223372036854775808', '-9223372036854775808'],
])('a bigint of %s is %j', (text, value) => {
  expect(parseInt8(text)).toBe(value)
})

test('every other type is as in pg', () => {
  expect(numberTypes.getTypeParser(20)('7')).toBe(7)
  expect(numberTypes.getTypeParser(23)('7')).toBe(7)
  expect(numberTypes.getTypeParser(1700)('7.50')).toBe('7.50')
  expect(numberTypes.getTypeParser(16)('t')).toBe(true)
})
