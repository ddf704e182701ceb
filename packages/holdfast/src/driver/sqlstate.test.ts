import { describe, expect, test } from 'vitest'
import { errorCategory, isSqlState, isStaleStatement, meaningOf } from './sqlstate.js'

describe('SQLSTATE', () => {
  test.each(['23505', 'P0001', 'XX000', 'HV000'])('%s is one', code => expect(isSqlState(code)).toBe(true))
  test.each(['EPIPE', 'EPERM', 'ECONNREFUSED', '2350', '', undefined, 23505])('%s is none', code =>
    expect(isSqlState(code)).toBe(false),
  )

  test('falls back to the class of a code it does not know', () => {
    expect(meaningOf('22999')).toEqual({ category: 'invalid-input', retry: 'never' })
    expect(meaningOf('ZZ999')).toEqual({ category: 'internal', retry: 'never' })
  })

  test('finds the category behind the causes of a wrapper', () => {
    const inner = Object.assign(new Error('duplicate'), { code: '23505' })
    expect(errorCategory(new Error('outer', { cause: inner }))).toBe('duplicate')
    expect(errorCategory(new Error('nothing'))).toBeUndefined()
    expect(errorCategory('no error')).toBeUndefined()
  })

  test('0A000 is a stale statement only when the plan cache says it', () => {
    expect(isStaleStatement({ code: '0A000', routine: 'RevalidateCachedQuery' })).toBe(true)
    expect(isStaleStatement({ code: '0A000', routine: 'transformFoo' })).toBe(false)
    expect(isStaleStatement({ code: '26000' })).toBe(true)
  })
})
