import { createDigis } from '@holdfast/digis'
import { generateKeyPair, SignJWT } from 'jose'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../dist/config.js'
import { buildServer } from '../dist/server.js'
import { expectProblem } from './support/expect-problem.js'
import { type Person, type Sent, startService, type TestService } from './support/service.js'
import { SECRET, signEvent, signToken } from './support/tokens.js'

/** Who asks. `fan` and `creator` share a session; `other` has a profile only, `newcomer` only a valid token. */
const ROLES = ['anonymous', 'newcomer', 'fan', 'creator', 'other', 'service'] as const
type Role = (typeof ROLES)[number]

interface Case {
  /** The path and body to send; made anew for each role, because some change what they meet. */
  readonly request: () => Promise<{ path: string } & Sent>
  /** The status for each role, in the order of {@link ROLES}. */
  readonly statuses: readonly [number, number, number, number, number, number]
}

let service: TestService
let people: Record<'fan' | 'creator' | 'other', Person>
beforeAll(async () => {
  service = await startService()
  const [fan, creator, other] = await Promise.all([
    service.join(),
    service.join({ is_creator: true }),
    service.join(),
  ])
  people = { fan, creator, other }
})
afterAll(() => service.close())

const PUBLIC = [200, 200, 200, 200, 200, 200] as const
const MEMBERS = [401, 403, 200, 200, 200, 403] as const
const at = (path: string, body?: unknown) => async () => ({ path, ...(body === undefined ? {} : { body }) })

async function newSession(): Promise<number> {
  const body = { creator_id: people.creator.id }
  return (await service.call('POST /api/sessions', { token: people.fan.token, body })).body.id
}

/** Everybody gets a token to give away. */
async function endow(): Promise<void> {
  const token = await signToken({ role: 'service_role' })
  const body = { operation: 'add', amount: 1 }
  await Promise.all(
    Object.values(people).map(({ id }) => service.call(`POST /api/users/${id}/tokens`, { token, body })),
  )
}

const MATRIX: Readonly<Record<string, Case>> = {
  'POST /api/users': { request: at('/api/users', {}), statuses: [401, 201, 409, 409, 409, 403] },
  'GET /api/users/me': { request: at('/api/users/me'), statuses: [401, 404, 200, 200, 200, 403] },
  'PATCH /api/users/me': { request: at('/api/users/me', { display_name: 'X' }), statuses: MEMBERS },
  'GET /api/users/:id': {
    request: async () => ({ path: `/api/users/${people.fan.id}` }),
    statuses: [401, 200, 200, 200, 200, 200],
  },
  'GET /api/users/me/earnings': {
    request: at('/api/users/me/earnings'),
    statuses: [401, 403, 403, 200, 403, 403],
  },
  'GET /api/users/me/statistics/daily': {
    request: at('/api/users/me/statistics/daily?from=2026-01-01&to=2026-01-31'),
    statuses: [401, 403, 403, 200, 403, 403],
  },
  'GET /api/users/me/tokens': { request: at('/api/users/me/tokens'), statuses: MEMBERS },
  'POST /api/users/:id/tokens': {
    request: async () => ({
      path: `/api/users/${people.fan.id}/tokens`,
      body: { operation: 'add', amount: 1 },
    }),
    statuses: [401, 403, 403, 403, 403, 200],
  },
  'GET /api/creators': { request: at('/api/creators'), statuses: PUBLIC },
  'GET /api/creators/search': { request: at('/api/creators/search?q=x'), statuses: PUBLIC },
  'GET /api/creators/:id': {
    request: async () => ({ path: `/api/creators/${people.creator.id}` }),
    statuses: PUBLIC,
  },
  'POST /api/sessions': {
    request: async () => ({ path: '/api/sessions', body: { creator_id: people.creator.id } }),
    // The creator cannot meet themself: admitted, and refused for what was sent.
    statuses: [401, 403, 201, 400, 201, 403],
  },
  'GET /api/sessions': { request: at('/api/sessions'), statuses: MEMBERS },
  'GET /api/sessions/active': { request: at('/api/sessions/active'), statuses: MEMBERS },
  'GET /api/sessions/:id': {
    request: async () => ({ path: `/api/sessions/${await newSession()}` }),
    statuses: [401, 403, 200, 200, 403, 403],
  },
  'POST /api/sessions/:id/end': {
    request: async () => ({ path: `/api/sessions/${await newSession()}/end` }),
    statuses: [401, 403, 200, 200, 403, 403],
  },
  'POST /api/payments': {
    request: async () => ({ path: '/api/payments', body: { session_id: await newSession(), amount: '1' } }),
    statuses: [401, 403, 201, 403, 403, 403],
  },
  'GET /api/payments': { request: at('/api/payments'), statuses: MEMBERS },
  'GET /api/users/me/statement': { request: at('/api/users/me/statement'), statuses: MEMBERS },
  'POST /api/tips': {
    request: async () => {
      await endow()
      return { path: '/api/tips', body: { creator_id: people.creator.id, tokens: 1 } }
    },
    // The creator cannot tip themself: admitted, and refused for what was sent.
    statuses: [401, 403, 201, 400, 201, 403],
  },
  'POST /api/spendings': {
    request: async () => {
      await endow()
      return { path: '/api/spendings', body: { tokens: 1 } }
    },
    statuses: [401, 403, 201, 201, 201, 403],
  },
  'POST /api/payouts': {
    request: async () => {
      const body = { session_id: await newSession(), amount: '1' }
      await service.call('POST /api/payments', { token: people.fan.token, body })
      return { path: '/api/payouts', body: { amount: '1' } }
    },
    statuses: [401, 403, 403, 201, 403, 403],
  },
  // The signature says who sends it, and no token does.
  'POST /api/webhooks/payments': {
    request: async () => ({ path: '/api/webhooks/payments', ...signEvent({ type: 'customer.created' }) }),
    statuses: PUBLIC,
  },
  'GET /api/stats': { request: at('/api/stats'), statuses: [401, 403, 403, 403, 403, 200] },
  'GET /api/health': { request: at('/api/health'), statuses: PUBLIC },
  'GET /api/health/live': { request: at('/api/health/live'), statuses: PUBLIC },
  'GET /api/health/ready': { request: at('/api/health/ready'), statuses: PUBLIC },
  'GET /api/problems': { request: at('/api/problems'), statuses: PUBLIC },
  'GET /api/problems/:kind': { request: at('/api/problems/conflict'), statuses: PUBLIC },
  // From this machine; the test of the metrics has the other cases.
  'GET /metrics': { request: at('/metrics'), statuses: PUBLIC },
  'GET /api/openapi.json': { request: at('/api/openapi.json'), statuses: PUBLIC },
}

async function tokenOf(role: Role): Promise<string | undefined> {
  if (role === 'anonymous') return undefined
  if (role === 'service') return signToken({ role: 'service_role' })
  return role === 'newcomer' ? signToken() : people[role].token
}

async function ask(route: string, token: string | undefined) {
  const entry = MATRIX[route]
  if (entry === undefined) throw new Error(`${route} is not in the matrix`)
  const { path, ...sent } = await entry.request()
  const [method] = route.split(' ')
  return service.call(`${method} ${path}`, { ...sent, ...(token === undefined ? {} : { token }) })
}

test('every route of the service is in the matrix, and nothing else is', async () => {
  const app = await buildServer({
    config: readConfig({ NODE_ENV: 'test' }),
    logger: pino({ level: 'silent' }),
    pool: service.direct,
    digisWithin: () => createDigis({ pool: service.direct }),
    applyOnce: createDigis({ pool: service.direct }).applyOnce,
    verifyToken: async () => ({ kind: 'anonymous' }),
  })
  await app.ready()
  // Fastify answers HEAD wherever it answers GET, by the same rules; the page to read the API is static.
  const routes = app.routeList.filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/api/docs'))
  await app.close()
  expect(routes.map(({ method, url }) => `${method} ${url}`).sort()).toEqual(Object.keys(MATRIX).sort())
})

describe.each(Object.entries(MATRIX))('%s', (route, { statuses }) => {
  test.each(ROLES.map((role, index) => [role, statuses[index]] as const))(
    '%s gets %i',
    async (role, status) => {
      const answer = await ask(route, await tokenOf(role))
      expect(answer.status).toBe(status)
      if (status === 401) expectProblem(answer, { status, kind: 'unauthenticated' })
      if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="digis"')
    },
  )

  const isPublic = statuses[0] === 200

  test(`a token that proves nothing ${isPublic ? 'does no harm' : 'gets 401 and why'}`, async () => {
    for (const token of await badTokens()) {
      const answer = await ask(route, token)
      expect(answer.status).toBe(isPublic ? 200 : 401)
      if (!isPublic) expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  })

  test('the public key of a project as a token is nobody', async () => {
    expect((await ask(route, await signToken({ role: 'anon' }))).status).toBe(isPublic ? 200 : 401)
  })
})

/** Each would be the fan's, were it valid. */
async function badTokens(): Promise<string[]> {
  const sub = people.fan.supabaseId
  const { privateKey } = await generateKeyPair('RS256')
  const claims = Buffer.from(JSON.stringify({ sub, aud: 'authenticated', exp: 9_999_999_999 })).toString(
    'base64url',
  )
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const asymmetric = new SignJWT({ sub, aud: 'authenticated', exp: 9_999_999_999 }).setProtectedHeader({
    alg: 'RS256',
  })
  return [
    await signToken({ sub, expires: -60 }),
    await signToken({ sub, validFrom: 300 }),
    await signToken({ sub, secret: 'x'.repeat(64) }),
    await signToken({ sub, alg: 'HS512', secret: SECRET }),
    await asymmetric.sign(privateKey),
    await signToken({ sub: 'not-a-uuid' }),
    `${none}.${claims}.`,
    `${(await signToken({ sub })).slice(0, -4)}AAAA`,
    'garbage',
  ]
}
