import { describe, expect, test } from 'vitest'
import { describeGiven, formatMillis, LONGEST_TIMER_MS, parseDuration } from './duration.js'
import { OptionsError } from './errors.js'

describe('a duration', () => {
  test.each([
    [0, 0],
    [1.5, 1.5],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    [' 5s ', 5_000],
    [LONGEST_TIMER_MS, LONGEST_TIMER_MS],
  ])('%j is %d milliseconds', (given, millis) => expect(parseDuration(given, 'timeout')).toBe(millis))

  test.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    LONGEST_TIMER_MS + 1,
    '25d',
    '5',
    '5 s',
    '-5s',
    '5S',
    '',
    '5 years',
    null,
    undefined,
    true,
    {},
    [5],
    5n,
  ])('%s is none', given => {
    expect(() => parseDuration(given, 'overload.maxWait')).toThrow(OptionsError)
    expect(() => parseDuration(given, 'overload.maxWait')).toThrow(
      /^Option "overload.maxWait": expected milli/,
    )
  })

  test.each([
    [0, '0 ms'],
    [249.6, '250 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [1_540, '1.5 s'],
    [60_000, '60 s'],
  ])('of %d milliseconds is written %s', (millis, text) => expect(formatMillis(millis)).toBe(text))
})

describe('what was given is described', () => {
  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [-3, '-3'],
    [false, 'false'],
    ['soon', "'soon'"],
    [[1], 'an array'],
    [{ a: 1 }, 'an object'],
    [() => {}, 'a function'],
    [1n, 'a bigint'],
  ])('%s as %s', (given, words) => expect(describeGiven(given)).toBe(words))

  test.each(['hunter2-with-some-length', 'a b', 'p@ss', 'postgres://u:p@h/d'])(
    'without the text when it may be a secret',
    text => expect(describeGiven(text)).toBe('a text'),
  )
})
