import { inspect } from 'node:util'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { maskError } from './mask-error.js'

const SECRET = 'hunter2-with-some-length'

function databaseError(code: string, message: string, fields: object = {}): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code, ...fields })
}

describe('an error answer of the server', () => {
  test("stays pg's error with its SQLSTATE, and gains category and retry", () => {
    const error = databaseError('40001', 'could not serialize access')
    expect(maskError(error, undefined)).toBe(error)
    expect(error).toMatchObject({ code: '40001', category: 'conflict', retry: 'safe' })
    expect(Object.keys(error)).not.toContain('category')
  })

  test.each(['detail', 'where', 'internalQuery'] as const)('keeps %s readable and unprinted', field => {
    const error = databaseError('23505', 'duplicate key', { [field]: `Key (k)=(${SECRET})` })
    maskError(error, undefined)
    expect(error[field]).toContain(SECRET)
    expect(inspect(error)).not.toContain(SECRET)
    expect(JSON.stringify(error)).not.toContain(SECRET)
  })

  test.each([
    ['22P02', `invalid input syntax for type uuid: "${SECRET}"`],
    ['22007', `invalid input syntax for type date: "${SECRET}"" and more"`],
  ])('of class 22 shows nothing that it quotes: %s', (code, message) => {
    const error = maskError(databaseError(code, message), undefined)
    expect(error.message).toMatch(/"…"$/)
    expect(inspect(error)).not.toContain(SECRET)
    expect(error.stack).not.toContain(SECRET)
  })

  test('of another class hides the parameters and keeps the names', () => {
    const error = databaseError('P0001', `column "users" has "${SECRET}" and "42"`)
    maskError(error, [SECRET, 42, { an: 'object' }, null])
    expect(error.message).toBe('column "users" has "…" and "…"')
  })

  test('keeps the names it quotes when there are no parameters', () => {
    const error = maskError(databaseError('42P01', 'relation "users" does not exist'), undefined)
    expect(error.message).toBe('relation "users" does not exist')
  })
})

test('an error that is not of the server stays as it is', () => {
  const error = Object.assign(new Error(`lost "${SECRET}"`), { code: 'ECONNRESET' })
  expect(maskError(error, [SECRET])).toBe(error)
  expect(error).not.toHaveProperty('category')
})
