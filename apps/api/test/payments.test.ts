import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { type Person, startService, type TestService } from './support/service.js'
import { signToken } from './support/tokens.js'

let service: TestService
let fan: Person
let creator: Person
let session: number
beforeAll(async () => {
  service = await startService()
  ;[fan, creator] = await Promise.all([service.join(), service.join({ is_creator: true })])
  const { body } = await service.call('POST /api/sessions', {
    token: fan.token,
    body: { creator_id: creator.id },
  })
  session = body.id
})
afterAll(() => service.close())

test('a fan pays, to the cent, and both people see it; the creator earned it', async () => {
  const sent = { session_id: session, amount: '25.10', tip: '0.2' }
  const paid = await service.call('POST /api/payments', { token: fan.token, body: sent })
  expect(paid.status).toBe(201)
  expect(paid.body).toEqual({
    id: expect.any(Number),
    session_id: session,
    creator_id: creator.id,
    fan_id: fan.id,
    amount: '25.10',
    tip: '0.20',
    created_at: expect.stringMatching(/Z$/),
  })
  for (const { token } of [fan, creator]) {
    for (const query of ['', '?offset=0']) {
      expect((await service.call(`GET /api/payments${query}`, { token })).body).toEqual({
        items: [paid.body],
        next: null,
      })
    }
  }
  const earned = await service.call('GET /api/users/me/earnings', { token: creator.token })
  expect(earned).toMatchObject({
    status: 200,
    body: { total_earnings: '25.30', total_payments: 1, unique_customers: 1, average_payment: '25.30' },
  })
})

test('a creator sees their days, those without anything left out, and the next payment at once', async () => {
  const today = new Date().toISOString().slice(0, 10)
  const daily = async ({ token }: Person, from = today) =>
    (await service.call(`GET /api/users/me/statistics/daily?from=${from}&to=${today}`, { token })).body
  const [before] = (await daily(creator)).items
  expect(await daily(creator, new Date(Date.now() - 900 * 86_400_000).toISOString().slice(0, 10))).toEqual({
    items: [before],
  })
  await service.call('POST /api/payments', {
    token: fan.token,
    body: { session_id: session, amount: '1.50', tip: '0.25' },
  })
  const [after] = (await daily(creator)).items
  expect(before).toMatchObject({ day: today, sessions: 1, ended_sessions: 0, session_seconds: '0.000000' })
  expect(after).toEqual({
    ...before,
    payments: before.payments + 1,
    amount: (Number(before.amount) + 1.5).toFixed(2),
    tips: (Number(before.tips) + 0.25).toFixed(2),
  })
  expect(await daily(await service.join({ is_creator: true }))).toEqual({ items: [] })
})

test('only the fan of a session pays for it', async () => {
  const other = await service.join()
  for (const { token } of [creator, other]) {
    const answer = await service.call('POST /api/payments', {
      token,
      body: { session_id: session, amount: '1' },
    })
    expectProblem(answer, { status: 403, kind: 'forbidden' })
  }
})

test('a payment for no session names the field', async () => {
  const answer = await service.call('POST /api/payments', {
    token: fan.token,
    body: { session_id: 999_999_999, amount: '1' },
  })
  expectProblem(answer, { status: 422, kind: 'missing-reference', fields: ['session_id'] })
})

test('earnings are for creators', async () => {
  expectProblem(await service.call('GET /api/users/me/earnings', { token: fan.token }), {
    status: 403,
    kind: 'forbidden',
  })
})

test('the service role changes a balance, its user reads it, and it never goes below nought', async () => {
  const token = await signToken({ role: 'service_role' })
  const change = (operation: string, amount: number) =>
    service.call(`POST /api/users/${fan.id}/tokens`, { token, body: { operation, amount } })
  expect((await change('add', 100)).body).toEqual({ user_id: fan.id, balance: 100 })
  expect((await change('subtract', 30)).body).toEqual({ user_id: fan.id, balance: 70 })
  const refused = await change('subtract', 71)
  expectProblem(refused, { status: 409, kind: 'conflict' })
  expect(refused.body.code).toBe('DIGIS_INSUFFICIENT_TOKENS')
  const read = await service.call('GET /api/users/me/tokens', { token: fan.token })
  expect(read).toMatchObject({ status: 200, body: { user_id: fan.id, balance: 70 } })
})

test('the tokens of nobody are not found', async () => {
  const token = await signToken({ role: 'service_role' })
  for (const operation of ['add', 'subtract']) {
    const answer = await service.call('POST /api/users/999999999/tokens', {
      token,
      body: { operation, amount: 1 },
    })
    expectProblem(answer, { status: 404, kind: 'not-found' })
  }
})
