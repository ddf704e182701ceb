import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { type Person, startService, type TestService } from './support/service.js'
import { signToken } from './support/tokens.js'

let service: TestService
let person: Person
beforeAll(async () => {
  service = await startService()
  person = await service.join({ is_creator: true })
})
afterAll(() => service.close())

const HUGE = Number.MAX_SAFE_INTEGER + 1

describe('a body that does not fit is refused by field', () => {
  test.each([
    ['PATCH /api/users/me', { bio: 'x'.repeat(5001) }, ['bio']],
    ['PATCH /api/users/me', { bio: 'a\0b' }, ['bio']],
    ['PATCH /api/users/me', { bio: 'half a pair \ud800' }, ['bio']],
    ['PATCH /api/users/me', { bio: 5 }, ['bio']],
    ['PATCH /api/users/me', { bio: null }, ['bio']],
    ['PATCH /api/users/me', { is_creator: 'no' }, ['is_creator']],
    ['PATCH /api/users/me', { price_per_min: '-1' }, ['price_per_min']],
    ['PATCH /api/users/me', { price_per_min: '1.005' }, ['price_per_min']],
    ['PATCH /api/users/me', { price_per_min: '10000.01' }, ['price_per_min']],
    ['PATCH /api/users/me', { price_per_min: 'NaN' }, ['price_per_min']],
    ['PATCH /api/users/me', { price_per_min: 2.5 }, ['price_per_min']],
    ['PATCH /api/users/me', { display_name: '' }, ['display_name']],
    ['PATCH /api/users/me', { display_name: ' Ana' }, ['display_name']],
    ['PATCH /api/users/me', { display_name: 'Ana ' }, ['display_name']],
    ['PATCH /api/users/me', { display_name: 'x'.repeat(101) }, ['display_name']],
    ['PATCH /api/users/me', { display_name: '😀'.repeat(101) }, ['display_name']],
    ['PATCH /api/users/me', { display_name: `${'x '.repeat(100_000)}` }, ['display_name']],
    ['PATCH /api/users/me', { display_name: 'a\0b' }, ['display_name']],
    ['PATCH /api/users/me', { display_name: 'half a pair \ud800' }, ['display_name']],
    ['PATCH /api/users/me', { display_name: ['Ana'] }, ['display_name']],
    ['PATCH /api/users/me', { username: '' }, ['username']],
    ['PATCH /api/users/me', { username: 'an' }, ['username']],
    ['PATCH /api/users/me', { username: '.ana' }, ['username']],
    ['PATCH /api/users/me', { username: 'ana\n' }, ['username']],
    ['PATCH /api/users/me', { username: 'аna' }, ['username']],
    ['PATCH /api/users/me', { username: "ana'; DROP TABLE users" }, ['username']],
    ['PATCH /api/users/me', { username: 'a'.repeat(31) }, ['username']],
    ['PATCH /api/users/me', { username: 'a'.repeat(100_000) }, ['username']],
    ['PATCH /api/users/me', { username: 12345 }, ['username']],
    ['PATCH /api/users/me', { username: '-', display_name: ' ' }, ['username', 'display_name']],
    ['POST /api/users', { username: 'a b' }, ['username']],
    ['POST /api/users', { display_name: 7 }, ['display_name']],
    ['PATCH /api/users/me', { supabase_id: 'x', id: 1 }, ['id', 'supabase_id']],
    ['PATCH /api/users/me', {}, ['body']],
    ['PATCH /api/users/me', [], ['body']],
    ['PATCH /api/users/me', 'text', ['body']],
    ['POST /api/users', { bio: 'x', admin: true }, ['admin']],
    ['POST /api/sessions', {}, ['creator_id']],
    ['POST /api/sessions', { creator_id: -1 }, ['creator_id']],
    ['POST /api/sessions', { creator_id: 1.5 }, ['creator_id']],
    ['POST /api/sessions', { creator_id: HUGE }, ['creator_id']],
    ['POST /api/sessions', { creator_id: '1' }, ['creator_id']],
    ['POST /api/sessions', { creator_id: '1; DROP TABLE users' }, ['creator_id']],
    ['POST /api/sessions', { creator_id: 1, type: 'smell' }, ['type']],
    ['POST /api/payments', { session_id: 1, amount: '-5' }, ['amount']],
    ['POST /api/payments', { session_id: 1, amount: '5', tip: '1e9' }, ['tip']],
    ['POST /api/payments', { session_id: 0, amount: '5' }, ['session_id']],
    ['POST /api/payments', { amount: '99999999.99' }, ['session_id']],
  ])('%s %j', async (request, body, fields) => {
    const answer = await service.call(request, { token: person.token, body })
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields })
  })

  test('also for the service role', async () => {
    const token = await signToken({ role: 'service_role' })
    for (const amount of [0, -1, 1.5, HUGE, '5', null]) {
      const body = { operation: 'add', amount }
      const answer = await service.call(`POST /api/users/${person.id}/tokens`, { token, body })
      expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['amount'] })
    }
  })
})

describe('an address that does not fit is refused by field', () => {
  test.each([
    ['GET /api/creators?limit=0', ['limit']],
    ['GET /api/creators?limit=101', ['limit']],
    ['GET /api/creators?limit=1000000000000000000000', ['limit']],
    ['GET /api/creators?limit=1e2', ['limit']],
    ['GET /api/creators?limit=5&limit=6', ['limit']],
    ['GET /api/creators?offset=-1', ['offset']],
    ['GET /api/creators?offset=1&after=x', ['offset']],
    ['GET /api/creators?after=garbage', ['after']],
    ['GET /api/creators?after=', ['after']],
    ['GET /api/creators?page=2', ['page']],
    ['GET /api/creators?limit=x&page=2', ['limit', 'page']],
    ['GET /api/creators/search', ['q']],
    ['GET /api/creators/search?q=', ['q']],
    ['GET /api/creators/search?q=%00', ['q']],
    [`GET /api/creators/search?q=${'x'.repeat(101)}`, ['q']],
    ['GET /api/users/me/statistics/daily', ['from', 'to']],
    ['GET /api/users/me/statistics/daily?from=2026-01-02', ['to']],
    ['GET /api/users/me/statistics/daily?from=2026-01-02&to=2026-01-01', ['to']],
    ['GET /api/users/me/statistics/daily?from=2023-01-01&to=2026-01-01', ['to']],
    ['GET /api/users/me/statistics/daily?from=0001-01-01&to=9999-12-31', ['to']],
    ['GET /api/users/me/statistics/daily?from=2026-02-30&to=2026-03-01', ['from']],
    ['GET /api/users/me/statistics/daily?from=2026-13-01&to=2026-03-01', ['from']],
    ['GET /api/users/me/statistics/daily?from=0000-01-01&to=0000-01-01', ['from']],
    ['GET /api/users/me/statistics/daily?from=2026-01-01&to=today', ['to']],
    ['GET /api/users/me/statistics/daily?from=2026-01-01&to=2026-01-01T00:00:00Z', ['to']],
    ['GET /api/users/me/statistics/daily?from=2026-01-01%00&to=2026-01-01', ['from']],
    ["GET /api/users/me/statistics/daily?from=2026-01-01&to=2026-01-01'--", ['to']],
    ['GET /api/users/me/statistics/daily?from=٢٠٢٦-٠١-٠١&to=2026-01-01', ['from']],
    ['GET /api/users/me/statistics/daily?from=2026-01-01&from=2026-01-02&to=2026-01-03', ['from']],
    ['GET /api/users/me/statistics/daily?from=2026-01-01&to=2026-01-02&creator_id=1', ['creator_id']],
    ['GET /api/creators/0', ['id']],
    ['GET /api/creators/-1', ['id']],
    ['GET /api/creators/1.5', ['id']],
    ['GET /api/creators/abc', ['id']],
    ["GET /api/creators/1'--", ['id']],
    ['GET /api/creators/99999999999999999999', ['id']],
    ['GET /api/users/d9b2d63d-a233-4123-847a-7090eec5e5b5', ['id']],
    ['GET /api/sessions/%00', ['id']],
  ])('%s', async (request, fields) => {
    const answer = await service.call(request, { token: person.token })
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields })
  })

  test.each(['0', '-1', 'soon', '1s', ''])('Request-Timeout: %j', async timeout => {
    const answer = await service.call('GET /api/creators', { headers: { 'request-timeout': timeout } })
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['Request-Timeout'] })
  })
})

describe('a body that cannot be read is refused', () => {
  test.each([
    ['no JSON', '{"bio":', 'malformed-request', 400],
    ['no body', '', 'malformed-request', 400],
    ['a prototype', '{"__proto__":{"admin":true}}', 'malformed-request', 400],
    ['a megabyte', JSON.stringify({ bio: 'x'.repeat(1024 * 1024) }), 'too-large', 413],
  ] as const)('%s', async (_what, text, kind, status) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await service.call('PATCH /api/users/me', { token: person.token, text, headers })
    expectProblem(answer, { status, kind })
  })

  test.each(['text/plain', 'application/xml', 'multipart/form-data', 'application/x-www-form-urlencoded'])(
    '%s',
    async type => {
      const sent = { token: person.token, text: 'bio=x', headers: { 'content-type': type } }
      expectProblem(await service.call('PATCH /api/users/me', sent), {
        status: 415,
        kind: 'unsupported-media-type',
      })
    },
  )
})

test('nothing that was refused has changed anything', async () => {
  const { body } = await service.call('GET /api/users/me', { token: person.token })
  expect(body).toMatchObject({ bio: '', is_creator: true, price_per_min: '1.00' })
  const { rows } = await service.direct.query('SELECT count(*)::int AS users FROM users')
  expect(rows).toEqual([{ users: 1 }])
})
