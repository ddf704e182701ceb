import { describe, expect, test } from 'vitest'
import { any, checkOptions, duration, integer, nested, ofType, type Rules } from './option-rules.js'

const RULES: Rules = {
  anything: any,
  name: ofType('string'),
  on: ofType('boolean'),
  max: integer(1, 10),
  uses: integer(1),
  timeout: duration,
  retry: nested({ attempts: integer(1, 3), pause: duration }),
}

describe('options', () => {
  test('come out resolved, in a new object, without those that are undefined', () => {
    const given = Object.freeze({ max: '7', timeout: '2s', name: undefined, retry: { pause: false } })
    expect(checkOptions(given, RULES)).toEqual({ max: 7, timeout: 2_000, retry: { pause: 0 } })
  })

  test('may switch a group or a limit off with false', () => {
    expect(checkOptions({ retry: false, timeout: false }, RULES)).toEqual({ retry: false, timeout: 0 })
    expect(checkOptions({ timeout: null }, RULES)).toEqual({ timeout: 0 })
  })

  test('may be without bound where no greatest value is set', () => {
    expect(checkOptions({ uses: Number.POSITIVE_INFINITY }, RULES)).toEqual({
      uses: Number.POSITIVE_INFINITY,
    })
    expect(() => checkOptions({ max: Number.POSITIVE_INFINITY }, RULES)).toThrow(
      /from 1 to 10, given Infinity/,
    )
  })

  test.each([
    [null, 'options', 'an object', 'null'],
    [[], 'options', 'an object', 'an array'],
    ['text', 'options', 'an object', "'text'"],
    [{ retry: true }, 'retry.', 'an object', 'true'],
    [{ name: 5 }, 'name', 'a string', '5'],
    [{ on: 'true' }, 'on', 'a boolean', "'true'"],
    [{ max: 0 }, 'max', 'a whole number from 1 to 10', '0'],
    [{ max: 1.5 }, 'max', 'a whole number from 1 to 10', '1.5'],
    [{ max: '-1' }, 'max', 'a whole number from 1 to 10', "'-1'"],
    [{ uses: 0 }, 'uses', 'a whole number of at least 1', '0'],
    [{ retry: { attempts: 4 } }, 'retry.attempts', 'a whole number from 1 to 3', '4'],
    [{ retry: { atempts: 2 } }, 'retry.atempts', '"retry.attempts"', 'an unknown option'],
    [{ NAME: 'x' }, 'NAME', '"name"', 'an unknown option'],
    [{ somethingElse: 1 }, 'somethingElse', 'a known option', 'an unknown option'],
  ])('%j are refused with path, expectation and what was given', (options, path, expected, given) => {
    expect(() => checkOptions(options, RULES)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_OPTIONS', path, expected, given }),
    )
  })
})
