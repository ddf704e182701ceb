import { describe, expect, test } from 'vitest'
import { checkLimit, checkMoney, checkOffset, checkTokens } from './amounts.js'
import { describeGiven } from './describe-given.js'
import { checkId, checkUuid } from './identifiers.js'
import { checkBoolean, checkChoice, checkText } from './text.js'

const message = (check: () => unknown): string => {
  try {
    return `accepted ${String(check())}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('a key', () => {
  test.each([1, '1', 1n, '9223372036854775807', Number.MAX_SAFE_INTEGER])('may be %s', key => {
    expect(checkId('id', key)).toBe(String(key))
  })

  test.each([
    0,
    -1,
    1.5,
    2 ** 53,
    '01',
    '+1',
    '1 ',
    '',
    '0x1',
    '9223372036854775808',
    10n ** 30n,
    true,
    null,
    {},
    [1],
  ])('may not be %s', key => {
    expect(message(() => checkId('id', key))).toMatch(/^id: expected a whole number from 1, given /)
  })
})

describe('a UUID', () => {
  test.each(['00000000-0000-4000-8000-00000000000a', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'])(
    'may be %s',
    uuid => {
      expect(checkUuid('supabase_id', uuid)).toBe(uuid)
    },
  )

  test.each(['', '{00000000-0000-4000-8000-00000000000a}', '0000000000004000800000000000000a', 'g', 7, null])(
    'may not be %s',
    uuid => {
      expect(message(() => checkUuid('supabase_id', uuid))).toMatch(/^supabase_id: expected a UUID, given /)
    },
  )
})

describe('money', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [0.1, '0.1'],
    ['007.50', '007.50'],
    [100, '100'],
  ])('%s is sent as %s', (given, sent) => {
    expect(checkMoney('amount', given, 100)).toBe(sent)
  })

  test.each([
    -0.01,
    100.01,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    ' 1',
    '1e1',
    '.5',
    '5.',
    '-1',
    'NaN',
    '1,5',
    1n,
    null,
  ])('may not be %s', given => {
    expect(message(() => checkMoney('amount', given, 100))).toMatch(
      /^amount: expected an amount from 0 to 100, given /,
    )
  })
})

describe('a count', () => {
  test('may be a number or its text', () => {
    expect([checkLimit(1), checkLimit('1000'), checkOffset('0'), checkTokens('7')]).toEqual([1, 1_000, 0, 7])
  })

  test('says its bounds when it is outside of them', () => {
    expect(message(() => checkLimit(1_001))).toBe(
      'limit: expected a whole number from 1 to 1000, given a whole number out of range.',
    )
    expect(message(() => checkOffset(-1))).toBe(
      'offset: expected a whole number from 0, given a negative number.',
    )
    expect(message(() => checkTokens(0.5))).toBe('amount: expected a whole number from 1, given a fraction.')
    expect(message(() => checkTokens('99999999999999999'))).toMatch(/given a text of 17 characters/)
  })
})

describe('a text', () => {
  test('is counted in characters, not in UTF-16 units', () => {
    expect(checkText('bio', '😀'.repeat(3), 3)).toBe('😀😀😀')
    expect(message(() => checkText('bio', '😀'.repeat(4), 3))).toMatch(
      /^bio: expected text of at most 3 characters/,
    )
    expect(message(() => checkText('bio', '😀ab', 2))).toMatch(/^bio/)
  })

  test.each(['a\0', '\ud800', 'x\udc00y', '\ude00\ud83d'])('may not be %j, which cannot be stored', text => {
    expect(message(() => checkText('bio', text, 10))).toMatch(/^bio: expected text of at most 10 characters/)
  })

  test('of a few words has to be one of them', () => {
    expect(checkChoice('type', 'a', ['a', 'b'])).toBe('a')
    expect(message(() => checkChoice('type', 'c', ['a', 'b']))).toBe(
      "type: expected one of 'a', 'b', given a text of 1 characters.",
    )
    expect(message(() => checkChoice('type', ['a'], ['a']))).toMatch(/given an array/)
  })
})

test('true and false are the only booleans', () => {
  expect([checkBoolean('x', true), checkBoolean('x', false)]).toEqual([true, false])
  for (const other of [0, 1, 'true', null])
    expect(message(() => checkBoolean('x', other))).toMatch(/^x: expected true or false/)
})

test('a description never repeats the value', () => {
  const secret = 'hunter2'
  for (const value of [secret, [secret], { secret }, Number('1234567'), Symbol(secret), () => secret]) {
    expect(describeGiven(value)).not.toMatch(/hunter2|1234567/)
  }
})
