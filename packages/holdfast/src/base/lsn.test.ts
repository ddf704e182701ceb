import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OptionsError } from './errors.js'
import { hasReached, parseLsn, parseToken, positionToken } from './lsn.js'

const position = fc.record({
  timeline: fc.integer({ min: 0, max: 0xffffffff }),
  lsn: fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
})

test('an LSN is read as PostgreSQL writes it', () => {
  expect(parseLsn('0/0')).toBe(0n)
  expect(parseLsn('16/B374D848')).toBe(0x16b374d848n)
  expect(parseLsn('FFFFFFFF/FFFFFFFF')).toBe(0xffffffffffffffffn)
})

describe('a token', () => {
  test('stands for its position, in at most 25 characters that every header takes', () => {
    fc.assert(
      fc.property(position, given => {
        const token = positionToken(given)
        expect(token).toMatch(/^[0-9a-f-]{3,25}$/)
        expect(parseToken(token, 'after')).toEqual(given)
      }),
      { seed: 1 },
    )
  })

  test.each([
    ['nothing', ''],
    ['a number', 7],
    ['null', null],
    ['an object', { timeline: 1 }],
    ['SQL', "1-1'; DROP TABLE users; --"],
    ['a header with another line', '1-1\r\nSet-Cookie: a=b'],
    ['an LSN without its timeline', '0/16B3740'],
    ['a timeline that is too long', '123456789-1'],
    ['an LSN that is too long', '1-12345678901234567'],
    ['capitals', '1-16B3740'],
    ['ten million characters', `1-${'0'.repeat(10_000_000)}`],
  ])('is refused when it is %s, without being repeated', (_, given) => {
    const refusal = () => parseToken(given, 'after')
    expect(refusal).toThrow(OptionsError)
    expect(refusal).toThrow(/"after": expected a token of pool.writeToken\(\)/)
    expect(refusal).not.toThrow(/DROP|Cookie|00000/)
  })
})

describe('a position is reached', () => {
  test('by who is as far, on the same timeline or a later one', () => {
    const wanted = { timeline: 2, lsn: 100n }
    expect(hasReached({ timeline: 2, lsn: 100n }, wanted)).toBe(true)
    expect(hasReached({ timeline: 3, lsn: 101n }, wanted)).toBe(true)
    expect(hasReached({ timeline: 2, lsn: 99n }, wanted)).toBe(false)
  })

  test('never by who follows an older timeline, or one that is not known, however many bytes there are', () => {
    expect(hasReached({ timeline: 1, lsn: 1_000n }, { timeline: 2, lsn: 100n })).toBe(false)
    expect(hasReached({ timeline: 0, lsn: 1_000n }, { timeline: 0, lsn: 100n })).toBe(false)
  })
})
