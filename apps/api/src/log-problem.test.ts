import type { FastifyRequest } from 'fastify'
import { HoldfastError } from 'holdfast'
import { expect, test } from 'vitest'
import { describeError, logProblem } from './log-problem.js'
import { Problem } from './problem.js'

function fakeRequest() {
  const errors: unknown[][] = []
  const request = { log: { error: (...line: unknown[]) => errors.push(line) } } as unknown as FastifyRequest
  return { request, errors }
}

test('an error is described by name, code, category, stack and causes, and by no other field', () => {
  const cause = Object.assign(new Error('inner'), {
    code: '23505',
    detail: 'Key (bio)=(private)',
    parameters: ['private'],
  })
  const described = describeError(new HoldfastError('HOLDFAST_POOL_TIMEOUT', 'outer', { cause }))
  expect(described).toMatchObject({
    code: 'HOLDFAST_POOL_TIMEOUT',
    category: 'timeout',
    cause: { code: '23505', category: 'duplicate' },
  })
  expect(JSON.stringify(described)).not.toContain('private')
})

test('causes that go round in a circle come to an end', () => {
  const error = new Error('round')
  error.cause = error
  expect(JSON.stringify(describeError(error)).match(/"cause"/g)).toHaveLength(5)
})

test("a caller's mistake is noted by code without what it quotes", () => {
  const { request, errors } = fakeRequest()
  const cause = Object.assign(new Error('invalid input syntax: "private"'), { code: '22P02' })
  logProblem(new Problem('invalid-request', { cause }), request)
  expect(request.refusal).toEqual({ problem: 'invalid-request', code: '22P02', category: 'invalid-input' })
  expect(errors).toEqual([])
})

test('a failure of the service is logged with its stack', () => {
  const { request, errors } = fakeRequest()
  logProblem(new Problem('internal', { cause: new TypeError('boom') }), request)
  expect(errors).toEqual([
    [
      {
        problem: 'internal',
        error: expect.objectContaining({ name: 'TypeError', stack: expect.stringContaining('boom') }),
      },
      expect.any(String),
    ],
  ])
})
