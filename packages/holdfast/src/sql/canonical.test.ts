import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalOf } from './canonical.js'

/** A type, a text, and its one spelling. */
const SPELLINGS: readonly (readonly [type: string, text: string, spelling: string | undefined])[] = [
  ['int4', '5', '5'],
  ['int4', ' +007\t\n', '7'],
  ['int4', '-0', '0'],
  ['int4', '2147483647', '2147483647'],
  ['int4', '2147483648', undefined],
  ['int4', '-2147483648', '-2147483648'],
  ['int2', '32768', undefined],
  ['int8', '9223372036854775807', '9223372036854775807'],
  ['int8', '9223372036854775808', undefined],
  ['int8', '5.0', undefined],
  ['int8', '5e0', undefined],
  ['int8', '0x5', undefined],
  ['int8', '1_000', undefined],
  ['int8', '- 5', undefined],
  ['int8', '', undefined],
  ['int8', '٥', undefined],
  ['int8', `${'0'.repeat(200)}1`, undefined],
  ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['uuid', '{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['uuid', 'a0eebc999c0b4ef8bb6d6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['uuid', '{a0eebc999c0b4ef8bb6d6bb9bd380a11', undefined],
  ['uuid', ' a0eebc999c0b4ef8bb6d6bb9bd380a11', undefined],
  ['uuid', 'a0-eebc999c0b4ef8bb6d6bb9bd380a11', undefined],
  ['bool', ' TRUE ', 't'],
  ['bool', 'tr', 't'],
  ['bool', 'y', 't'],
  ['bool', 'on', 't'],
  ['bool', '1', 't'],
  ['bool', 'F', 'f'],
  ['bool', 'of', 'f'],
  ['bool', 'no', 'f'],
  ['bool', 'o', undefined],
  ['bool', '2', undefined],
  ['bool', '', undefined],
  ['bool', 'trues', undefined],
  ['date', '2024-02-29', '2024-02-29'],
  ['date', '2023-02-29', undefined],
  ['date', '1900-02-29', undefined],
  ['date', '2024-13-01', undefined],
  ['date', '0000-01-01', undefined],
  ['date', '1/2/2024', undefined],
  ['date', 'today', undefined],
  ['date', 'infinity', undefined],
  ['date', '2024-01-01 00:00', undefined],
  ['bytea', '\\xDEADbeef', '\\xdeadbeef'],
  ['bytea', '\\x', '\\x'],
  ['bytea', '\\XDE', undefined],
  ['bytea', '\\xabc', undefined],
  ['bytea', 'abc', undefined],
  ['bytea', '\\000', undefined],
  ['text', 'as it is ', 'as it is '],
  ['text', '', ''],
  ['text', 'a\0b', undefined],
  ['text', 'a\ud800', undefined],
  ['text', '😀', '😀'],
  ['varchar', 'x', 'x'],
  ['enum', 'Happy ', 'Happy '],
]

describe('the one spelling of a value', () => {
  test.each(SPELLINGS)('%s %j', (type, text, spelling) => {
    expect(canonicalOf(type)?.(text)).toBe(spelling)
  })

  test.each(['numeric', 'float8', 'bpchar', 'timestamptz', 'json', 'toString'])(
    'does not exist for %s',
    type => {
      expect(canonicalOf(type)).toBeUndefined()
    },
  )

  test('is itself spelled so', () => {
    const types = fc.constantFrom('int2', 'int4', 'int8', 'uuid', 'bool', 'date', 'bytea', 'text')
    fc.assert(
      fc.property(types, fc.oneof(fc.string(), fc.uuid(), fc.integer().map(String)), (type, text) => {
        const canonical = canonicalOf(type)
        const spelling = canonical?.(text)
        if (spelling !== undefined) expect(canonical?.(spelling)).toBe(spelling)
      }),
    )
  })

  test('of whole numbers is that of JavaScript', () => {
    const decorated = fc.tuple(
      fc.constantFrom('', ' ', '\n'),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    )
    fc.assert(
      fc.property(decorated, fc.nat(5), ([space, number], zeros) => {
        const sign = number < 0n ? '-' : ''
        const digits = (number < 0n ? -number : number).toString()
        const text = `${space}${sign}${'0'.repeat(zeros)}${digits}${space}`
        expect(canonicalOf('int8')?.(text)).toBe(number.toString())
      }),
    )
  })
})
