import { randomBytes } from 'node:crypto'
import { enableRowLevelSecurity } from '@holdfast/digis'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { migratedDatabase, type Person, type ServiceOn, serviceOn } from './support/service.js'
import { signEvent, signToken } from './support/tokens.js'

let owner: Pool
/** Its login may do nothing by itself, so whatever works here works under an identity. */
let service: ServiceOn
let creator: Person
let fan: Person
let other: Person
let session: number
const login = `api_${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  const { url } = await migratedDatabase()
  owner = new Pool({ connectionString: url, max: 1 })
  await enableRowLevelSecurity(owner)
  await owner.query(`CREATE ROLE ${login} LOGIN NOINHERIT PASSWORD '${login}';
    GRANT anon, authenticated, app_service TO ${login}`)
  const asLogin = Object.assign(new URL(url), { username: login, password: login })
  service = await serviceOn(asLogin.href, { DIGIS_RLS: 'true' })
  ;[creator, fan, other] = await Promise.all([
    service.join({ is_creator: true, bio: 'salsa' }),
    service.join(),
    service.join(),
  ])
  const started = await service.call('POST /api/sessions', {
    token: fan.token,
    body: { creator_id: creator.id },
  })
  expect(started.status).toBe(201)
  session = started.body.id
})
afterAll(async () => {
  await service.close()
  await owner.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`)
  await owner.end()
})

test('everything that people do works, and each sees what is theirs, again and again', async () => {
  const paid = await service.call('POST /api/payments', {
    token: fan.token,
    body: { session_id: session, amount: '25.10' },
    headers: { 'idempotency-key': '"once"' },
  })
  expect(paid.status).toBe(201)
  const today = new Date().toISOString().slice(0, 10)
  for (let round = 0; round < 3; round++) {
    for (const { token } of [fan, creator]) {
      expect((await service.call('GET /api/sessions', { token })).body.items).toHaveLength(1)
      expect((await service.call('GET /api/sessions/active', { token })).body.items).toHaveLength(1)
      expect((await service.call('GET /api/payments', { token })).body.items).toEqual([paid.body])
      expect((await service.call(`GET /api/sessions/${session}`, { token })).status).toBe(200)
    }
    for (const path of ['/api/sessions', '/api/sessions/active', '/api/payments'])
      expect((await service.call(`GET ${path}`, { token: other.token })).body.items).toEqual([])
    const earned = await service.call('GET /api/users/me/earnings', { token: creator.token })
    expect(earned.body.total_earnings).toBe('25.10')
    const days = await service.call(`GET /api/users/me/statistics/daily?from=${today}&to=${today}`, {
      token: creator.token,
    })
    expect(days.body.items).toMatchObject([{ day: today, payments: 1, amount: '25.10', sessions: 1 }])
  }
  const changed = await service.call('PATCH /api/users/me', { token: fan.token, body: { bio: 'new' } })
  expect(changed.body.bio).toBe('new')
  expect((await service.call('GET /api/users/me', { token: fan.token })).body.bio).toBe('new')
  expect(
    (await service.call(`POST /api/sessions/${session}/end`, { token: creator.token })).body.end_time,
  ).toBeTruthy()
})

test('what is other people’s is as if it were not there', async () => {
  const { token } = other
  expectProblem(await service.call(`GET /api/sessions/${session}`, { token }), {
    status: 404,
    kind: 'not-found',
  })
  expectProblem(await service.call(`POST /api/sessions/${session}/end`, { token }), {
    status: 404,
    kind: 'not-found',
  })
  const paying = await service.call('POST /api/payments', {
    token,
    body: { session_id: session, amount: '1' },
  })
  expectProblem(paying, { status: 422, kind: 'missing-reference' })
})

test('who is not signed in sees creators and nobody else, also with a token that proves nothing', async () => {
  for (const sent of [
    {},
    { token: await signToken({ secret: 'x'.repeat(32) }) },
    { token: await signToken({ role: 'anon' }) },
  ]) {
    expect((await service.call('GET /api/creators', sent)).body.items).toHaveLength(1)
    expect((await service.call('GET /api/creators/search?q=salsa', sent)).body.items).toHaveLength(1)
    expect((await service.call(`GET /api/creators/${creator.id}`, sent)).status).toBe(200)
    expect((await service.call(`GET /api/creators/${fan.id}`, sent)).status).toBe(404)
    expect((await service.call('GET /api/sessions', sent)).status).toBe(401)
  }
})

test('the platform’s own backend changes balances, and people read their own', async () => {
  const token = await signToken({ role: 'service_role' })
  const body = { amount: 5, operation: 'add' }
  const headers = { 'idempotency-key': '"gift"' }
  for (let round = 0; round < 2; round++) {
    const changed = await service.call(`POST /api/users/${fan.id}/tokens`, { token, body, headers })
    expect(changed).toMatchObject({ status: 200, body: { balance: 5 } })
  }
  const tooMuch = await service.call(`POST /api/users/${fan.id}/tokens`, {
    token,
    body: { amount: 9, operation: 'subtract' },
  })
  expectProblem(tooMuch, { status: 409, kind: 'conflict' })
  expect((await service.call('GET /api/users/me/tokens', { token: fan.token })).body.balance).toBe(5)
  expect((await service.call('GET /api/users/me/tokens', { token: other.token })).body.balance).toBe(0)
})

test('tokens and money move under the identity of whom they belong to, and under nobody else’s', async () => {
  const event = { type: 'tokens.purchased', data: { user_id: other.id, tokens: 10, cents: 99 } }
  const report = () => service.call('POST /api/webhooks/payments', signEvent(event, { id: 'bought' }))
  expect((await report()).body.outcome).toBe('posted')
  expect((await report()).body.outcome).toBe('duplicate')
  const headers = { 'idempotency-key': '"rose"' }
  const tip = { token: other.token, body: { creator_id: creator.id, tokens: 4, memo: 'a rose' } }
  const [given, again] = [
    await service.call('POST /api/tips', { ...tip, headers }),
    await service.call('POST /api/tips', { ...tip, headers }),
  ]
  expect(given).toMatchObject({ status: 201, body: { balance: 6 } })
  expect(again.body).toEqual(given.body)
  const spent = await service.call('POST /api/spendings', { token: other.token, body: { tokens: 1 } })
  expect(spent).toMatchObject({ status: 201, body: { balance: 5 } })
  const tooMuch = await service.call('POST /api/spendings', { token: other.token, body: { tokens: 6 } })
  expectProblem(tooMuch, { status: 409, kind: 'conflict' })
  const payout = (token: string) => service.call('POST /api/payouts', { token, body: { amount: '5' } })
  expect((await payout(creator.token)).status).toBe(201)
  expect((await payout(other.token)).status).toBe(403)
  const kinds = async (query: string, { token }: Person) =>
    (await service.call(`GET /api/users/me/statement${query}`, { token })).body.items.map(
      (line: { kind: string }) => line.kind,
    )
  expect(await kinds('', other)).toEqual(['spend', 'tip', 'purchase'])
  expect(await kinds('', creator)).toEqual(['tip'])
  expect(await kinds('?asset=cents', creator)).toEqual(['payout', 'payment'])
})

test('a search finds who joins or changes their words a moment ago', async () => {
  const found = async (term: string) =>
    (await service.call(`GET /api/creators/search?q=${term}`)).body.items.map(({ id }: Person) => id)
  const person = await service.join({ is_creator: true, bio: 'harpsichord' })
  expect(await found('harpsichord')).toEqual([person.id])
  const body = { bio: 'clavichord', display_name: 'Spinet Player', username: 'virginal.1' }
  expect((await service.call('PATCH /api/users/me', { token: person.token, body })).status).toBe(200)
  expect([await found('harpsichord'), await found('clavichord')]).toEqual([[], [person.id]])
  expect([await found('spinet'), await found('virginal')]).toEqual([[person.id], [person.id]])
})

test('health and statistics need no identity', async () => {
  expect((await service.call('GET /api/health')).status).toBe(200)
  expect(
    (await service.call('GET /api/stats', { token: await signToken({ role: 'service_role' }) })).status,
  ).toBe(200)
})
