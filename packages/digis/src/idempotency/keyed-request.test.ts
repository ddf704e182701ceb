import { describe, expect, test } from 'vitest'
import { checkRequest } from './keyed-request.js'

const request = { subject: 'somebody', key: 'k', route: 'POST /payments', content: { amount: '1' } }
const hashOf = (content: unknown) => checkRequest({ ...request, content }).hash.toString('hex')

test('requests with the same content are the same request, in whatever order they name it', () => {
  expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOf({ b: { d: null, c: [1, 2] }, a: 1 }))
})

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: [1, 2] }, { a: [2, 1] }],
  [{ a: { b: 1 } }, { a: 1, b: 1 }],
  [{}, { a: null }],
  [undefined, null],
])('%j and %j are different requests', (one, other) => {
  expect(hashOf(one)).not.toBe(hashOf(other))
})

describe('a key that cannot be one is refused without repeating it:', () => {
  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a key of 256 characters', 'x'.repeat(256)],
    ['a NUL character', 'a\0b'],
    ['a line break', 'a\nb'],
    ['a letter outside of ASCII', 'clé'],
    ['a number', 7],
  ])('%s', (_, key) => {
    const check = () => checkRequest({ ...request, key: key as string })
    expect(check).toThrow(expect.objectContaining({ code: 'DIGIS_INPUT', field: 'key' }))
  })
})

test.each([
  ['subject', ''],
  ['subject', 'a\0b'],
  ['route', 'x'.repeat(256)],
] as const)('an impossible %s is refused by name', (field, value) => {
  expect(() => checkRequest({ ...request, [field]: value })).toThrow(
    expect.objectContaining({ code: 'DIGIS_INPUT', field }),
  )
})
