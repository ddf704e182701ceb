import { HoldfastError, type HoldfastErrorCode, type Retry } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { Problem } from './problem.js'
import { toProblem } from './to-problem.js'

const GET = { method: 'GET', body: undefined }
const POST = { method: 'POST', body: { creator_id: 1, price_per_min: '-1' } }

function fromServer(code: string, fields: Record<string, string> = {}): Error {
  return Object.assign(new Error('column "secret_name" of relation "secret_table"'), {
    code,
    retry: 'never',
    ...fields,
  })
}

function fromHoldfast(code: HoldfastErrorCode, retry?: Retry): Error {
  return new HoldfastError(code, 'secret numbers', retry === undefined ? {} : { retry })
}

test.each([
  ['HOLDFAST_POOL_TIMEOUT', 503, 'overloaded', '1'],
  ['HOLDFAST_OVERLOADED', 503, 'overloaded', '1'],
  ['HOLDFAST_CONNECT_REFUSED', 503, 'unavailable', '5'],
  ['HOLDFAST_CONNECT_UNREACHABLE', 503, 'unavailable', '5'],
  ['HOLDFAST_CONNECT_TIMEOUT', 503, 'unavailable', '5'],
  ['HOLDFAST_CONNECT_FAILED', 503, 'unavailable', '5'],
  ['HOLDFAST_CONNECTION_LOST', 503, 'unavailable', '5'],
  ['HOLDFAST_POOL_ENDED', 503, 'unavailable', '5'],
  ['HOLDFAST_QUERY_TIMEOUT', 504, 'timed-out', undefined],
  ['HOLDFAST_ABORTED', 504, 'timed-out', undefined],
  ['HOLDFAST_OUTCOME_UNKNOWN', 503, 'outcome-unknown', undefined],
  ['HOLDFAST_CONNECT_TLS', 500, 'internal', undefined],
  ['HOLDFAST_TRANSACTION_ABORTED', 500, 'internal', undefined],
] as const)('%s becomes %i %s', (code, status, kind, retryAfter) => {
  const problem = toProblem(fromHoldfast(code), POST)
  expect(problem).toMatchObject({ status, kind })
  expect(problem.details.headers?.['retry-after']).toBe(retryAfter)
  expect(problem.details.code).toBe(kind === 'internal' ? undefined : code)
})

test.each([
  ['23505', 409, 'duplicate'],
  ['23P01', 409, 'conflict'],
  ['23503', 422, 'missing-reference'],
  ['23514', 400, 'invalid-request'],
  ['23502', 400, 'invalid-request'],
  ['22P02', 400, 'invalid-request'],
  ['22021', 400, 'invalid-request'],
  ['40001', 503, 'overloaded'],
  ['40P01', 503, 'overloaded'],
  ['55P03', 503, 'overloaded'],
  ['53300', 503, 'overloaded'],
  ['25006', 503, 'unavailable'],
  ['53100', 503, 'unavailable'],
  ['57P03', 503, 'unavailable'],
  ['57014', 504, 'timed-out'],
  ['42P01', 500, 'internal'],
  ['42501', 500, 'internal'],
  ['28P01', 500, 'internal'],
])('SQLSTATE %s becomes %i %s', (code, status, kind) => {
  expect(toProblem(fromServer(code), POST)).toMatchObject({ status, kind })
})

test.each([
  [1, '1'],
  [1_001, '2'],
  [12_000, '12'],
])('an error that knows when it passes says so: %i ms are %s s', (retryAfter, seconds) => {
  for (const code of ['HOLDFAST_OVERLOADED', 'HOLDFAST_POOL_TIMEOUT', 'HOLDFAST_CONNECT_REFUSED'] as const) {
    const error = Object.assign(fromHoldfast(code), { retryAfter })
    expect(toProblem(error, POST).details.headers?.['retry-after']).toBe(seconds)
  }
})

describe('a change whose outcome is in doubt', () => {
  test('may be repeated under its key, and without one says nothing that is followed blindly', () => {
    const doubt = fromHoldfast('HOLDFAST_OUTCOME_UNKNOWN')
    const keyed = toProblem(doubt, { ...POST, keyed: true })
    expect(keyed).toMatchObject({ status: 503, kind: 'outcome-unknown' })
    expect(keyed.details.headers).toEqual({ 'retry-after': '1' })
    expect(toProblem(doubt, POST).details.headers).toBeUndefined()
  })

  test('is never answered with "nothing was changed, repeat"', () => {
    const lost = fromServer('57P01', { retry: 'unknown' })
    expect(toProblem(lost, POST).kind).toBe('outcome-unknown')
    expect(toProblem(lost, GET).kind).toBe('unavailable')
    expect(toProblem(fromHoldfast('HOLDFAST_OUTCOME_UNKNOWN'), GET).kind).toBe('unavailable')
  })

  test.each([
    [POST, 'unknown', 'may or may not'],
    [POST, 'safe', 'Nothing was changed'],
    [GET, 'unknown', 'Nothing was changed'],
  ] as const)('%o, retry %s: a timeout says "%s"', (request, retry, words) => {
    expect(toProblem(fromHoldfast('HOLDFAST_QUERY_TIMEOUT', retry), request).message).toContain(words)
  })
})

describe('the field that a constraint stands for', () => {
  test.each([
    ['23514', { constraint: 'chk_users_price_per_min' }, 'price_per_min'],
    ['23503', { constraint: 'fk_sessions_creator' }, 'creator_id'],
    ['23502', { column: 'creator_id' }, 'creator_id'],
  ])('%s %o is named', (code, fields, field) => {
    expect(toProblem(fromServer(code, fields), POST).details.errors).toEqual([
      { field, message: expect.any(String) },
    ])
  })

  test('is left out when the caller did not send it', () => {
    const problem = toProblem(
      fromServer('23505', { constraint: 'uq_users_supabase_id', column: 'supabase_id' }),
      POST,
    )
    expect(problem.details.errors).toBeUndefined()
  })
})

test('an SQLSTATE is not told', () => {
  expect(toProblem(fromServer('23505'), POST).details.code).toBeUndefined()
})

test('nothing of the message of a foreign error is told', () => {
  for (const error of [
    fromServer('42P01'),
    fromServer('23505'),
    fromHoldfast('HOLDFAST_POOL_TIMEOUT'),
    new Error('secret'),
  ]) {
    const { message, details } = toProblem(error, POST)
    expect(JSON.stringify([message, details.errors, details.detail])).not.toContain('secret')
  }
})

test('a complaint of the data module names the field and what it must be', () => {
  const error = Object.assign(new Error('no'), { field: 'amount', expected: 'a positive number' })
  const problem = toProblem(error, POST)
  expect(problem).toMatchObject({ status: 400, message: 'amount must be a positive number.' })
})

test.each([
  [413, 'too-large'],
  [415, 'unsupported-media-type'],
  [400, 'malformed-request'],
  [404, 'not-found'],
  [500, 'internal'],
])('status %i of the framework becomes %s', (statusCode, kind) => {
  expect(toProblem(Object.assign(new Error('framework'), { statusCode }), POST).kind).toBe(kind)
})

test('a problem stays itself, and anything else that was thrown is internal', () => {
  const problem = new Problem('conflict')
  expect(toProblem(problem, GET)).toBe(problem)
  for (const thrown of [undefined, null, 'text', 42, {}]) expect(toProblem(thrown, GET).kind).toBe('internal')
})
