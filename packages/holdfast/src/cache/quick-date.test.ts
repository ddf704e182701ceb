import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { quickDate, quickParser } from './quick-date.js'

const parseDate = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text') as (text: string) => unknown

const two = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map(number => String(number).padStart(2, '0'))
const year = fc.oneof(fc.integer({ min: 1_000, max: 9_999 }), fc.integer({ min: 0, max: 300_000 }))
const day = fc
  .tuple(
    year.map(number => String(number).padStart(4, '0')),
    two(1, 12),
    two(1, 31),
  )
  .map(parts => parts.join('-'))
const time = fc.tuple(two(0, 24), two(0, 59), two(0, 60)).map(parts => parts.join(':'))
const fraction = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 0, max: 999_999 }).map(micros => `.${String(micros).padStart(6, '0')}`),
  fc.integer({ min: 0, max: 9_999_999 }).map(decimals => `.${decimals}`),
)
const zone = fc.oneof(
  fc.constantFrom('', '+00', '-00', 'Z', ' BC', '+00 BC'),
  fc.tuple(fc.constantFrom('+', '-'), two(0, 15)).map(parts => parts.join('')),
  fc.tuple(fc.constantFrom('+', '-'), two(0, 15), two(0, 59)).map(([sign, ...rest]) => sign + rest.join(':')),
)
const instant = fc.tuple(day, time, fraction, zone).map(([a, b, c, d]) => `${a} ${b}${c}${d}`)

describe('a date is what pg makes of it', () => {
  test('whatever the server sends', () => {
    fc.assert(
      fc.property(fc.oneof(day, instant), text => {
        expect(quickDate(text)).toEqual(parseDate(text))
      }),
      { numRuns: 5_000 },
    )
  })

  test('and whatever else comes, cut off or changed in the middle', () => {
    const changed = fc
      .tuple(instant, fc.nat(30), fc.string({ maxLength: 2 }))
      .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + other.length))
    const cut = fc.tuple(instant, fc.nat(30)).map(([text, at]) => text.slice(0, at))
    fc.assert(
      fc.property(fc.oneof(changed, cut, fc.string()), text => {
        expect(quickDate(text)).toEqual(parseDate(text))
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    'infinity',
    '-infinity',
    '0001-01-01 00:00:00+00 BC',
    '0099-12-31 23:59:59+00',
    '99999-01-01',
    '',
  ])('%j', text => {
    expect(quickDate(text)).toEqual(parseDate(text))
  })
})

test("pg's parser of all dates and times has a quick one, and no other has", () => {
  const { DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL } = pg.types.builtins
  for (const oid of [DATE, TIMESTAMP, TIMESTAMPTZ]) {
    expect(quickParser(pg.types.getTypeParser(oid, 'text'))).toBe(quickDate)
  }
  const own = (text: string) => new Date(text)
  for (const parser of [pg.types.getTypeParser(INTERVAL, 'text'), own])
    expect(quickParser(parser)).toBe(parser)
})
