import { describe, expect, test } from 'vitest'
import { idempotencyKey } from './idempotency-key.js'

test.each([
  [undefined, undefined],
  ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ['" "', ' '],
  ['"\'; DROP TABLE users; --"', "'; DROP TABLE users; --"],
  [String.raw`"a \"quoted\" \\ text"`, String.raw`a "quoted" \ text`],
  [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  [`"${String.raw`\\`.repeat(255)}"`, '\\'.repeat(255)],
])('%j is the key %j', (header, key) => {
  expect(idempotencyKey(header)).toBe(key)
})

describe('what is no key is refused by name:', () => {
  test.each([
    '',
    '""',
    '"',
    '"a',
    'a"',
    'a b',
    "'a'",
    '"a", "b"',
    'a, b',
    '"a";b=1',
    '"a\tb"',
    '"a\0b"',
    '"cl\u00e9"',
    String.raw`"a\b"`,
    String.raw`"a\"`,
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
    `"${'x'.repeat(100_000)}"`,
    '"; DROP TABLE users',
  ])('%j', header => {
    expect(() => idempotencyKey(header)).toThrow(/^Idempotency-Key must be one text of 1 to 255 printable/)
  })

  test('two of them', () => {
    expect(() => idempotencyKey(['"a"', '"b"'])).toThrow(/^Idempotency-Key must be one text/)
  })
})
