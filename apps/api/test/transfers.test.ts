import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { type Person, startService, type TestService } from './support/service.js'
import { signEvent, signToken } from './support/tokens.js'

let service: TestService
let creator: Person
beforeAll(async () => {
  service = await startService()
  creator = await service.join({ is_creator: true })
})
afterAll(() => service.close())

const balanceOf = async ({ token }: Person) =>
  (await service.call('GET /api/users/me/tokens', { token })).body.balance

/** Somebody who holds 100 tokens. */
async function holder(): Promise<Person> {
  const person = await service.join()
  const token = await signToken({ role: 'service_role' })
  const body = { operation: 'add', amount: 100 }
  await service.call(`POST /api/users/${person.id}/tokens`, { token, body })
  return person
}

describe('a tip', () => {
  test('moves tokens to a creator, once under its key, and both find it in their statements', async () => {
    const fan = await holder()
    const sent = {
      token: fan.token,
      body: { creator_id: creator.id, tokens: 30, memo: 'Danke 😀' },
      headers: { 'idempotency-key': randomUUID() },
    }
    const before = await balanceOf(creator)
    const [one, two] = await Promise.all([1, 2].map(() => service.call('POST /api/tips', sent)))
    expect(one).toMatchObject({ status: 201, body: { id: expect.any(Number), balance: 70 } })
    expect(two?.body).toEqual(one?.body)
    expect(await balanceOf(creator)).toBe(before + 30)
    const { body } = await service.call('GET /api/users/me/statement?limit=1', { token: creator.token })
    expect(body.items).toEqual([
      {
        id: expect.any(Number),
        transfer_id: one?.body.id,
        kind: 'tip',
        amount: 30,
        balance_after: before + 30,
        memo: 'Danke 😀',
        reverses_id: null,
        payment_id: null,
        created_at: expect.stringMatching(/Z$/),
      },
    ])
  })

  test('of more than somebody holds is refused and moves nothing', async () => {
    const fan = await holder()
    const body = { creator_id: creator.id, tokens: 101 }
    const refused = await service.call('POST /api/tips', { token: fan.token, body })
    expectProblem(refused, { status: 409, kind: 'conflict' })
    expect(refused.body.code).toBe('DIGIS_INSUFFICIENT_TOKENS')
    expect(await balanceOf(fan)).toBe(100)
  })

  test.each([
    [{ creator_id: 999_999_999, tokens: 1 }, 422, 'missing-reference', 'creator_id'],
    [{ creator_id: 1, tokens: 0 }, 400, 'invalid-request', 'tokens'],
    [{ creator_id: 1, tokens: -5 }, 400, 'invalid-request', 'tokens'],
    [{ creator_id: 1, tokens: 1.5 }, 400, 'invalid-request', 'tokens'],
    [{ creator_id: 1, tokens: '5' }, 400, 'invalid-request', 'tokens'],
    [{ creator_id: 1, tokens: 1, memo: 'a\0b' }, 400, 'invalid-request', 'memo'],
    [{ creator_id: 1, tokens: 1, memo: 'x'.repeat(501) }, 400, 'invalid-request', 'memo'],
    [{ creator_id: 1, tokens: 1, from_id: 2 }, 400, 'invalid-request', 'from_id'],
  ])('%j is refused by field', async (body, status, kind, field) => {
    const { token } = await holder()
    expectProblem(await service.call('POST /api/tips', { token, body }), { status, kind, fields: [field] })
  })
})

test('tokens are spent down to nothing, and no further', async () => {
  const { token } = await holder()
  const spend = (tokens: number) => service.call('POST /api/spendings', { token, body: { tokens } })
  expect(await spend(100)).toMatchObject({ status: 201, body: { balance: 0 } })
  expectProblem(await spend(1), { status: 409, kind: 'conflict' })
})

test('a statement comes in pages that end, and a cursor of tokens is none of cents', async () => {
  const { token } = await holder()
  for (const tokens of [1, 2, 3]) await service.call('POST /api/spendings', { token, body: { tokens } })
  const lines: number[] = []
  let query: string | null = ''
  for (let next: string | null = ''; next !== null; query = next) {
    const { body } = await service.call(`GET /api/users/me/statement?limit=2${query}`, { token })
    lines.push(...body.items.map(({ amount }: { amount: number }) => amount))
    next = body.next === null ? null : `&after=${body.next}`
    if (lines.length === 2) {
      const wrong = await service.call(`GET /api/users/me/statement?asset=cents${next}`, { token })
      expectProblem(wrong, { status: 400, kind: 'invalid-request', fields: ['after'] })
    }
  }
  expect(lines).toEqual([-3, -2, -1, 100])
})

describe('a payout', () => {
  test('takes earned money, to the cent, once, and gives it back when it fails', async () => {
    const [payee, fan] = [await service.join({ is_creator: true }), await service.join()]
    const session = await service.call('POST /api/sessions', {
      token: fan.token,
      body: { creator_id: payee.id },
    })
    const payment = { session_id: session.body.id, amount: '25.10', tip: '0.2' }
    await service.call('POST /api/payments', { token: fan.token, body: payment })
    const pay = (amount: string) =>
      service.call('POST /api/payouts', { token: payee.token, body: { amount } })
    const paid = await pay('25.29')
    expect(paid).toMatchObject({ status: 201, body: { balance: 1 } })
    const refused = await pay('0.02')
    expectProblem(refused, { status: 409, kind: 'conflict' })
    expect(refused.body.code).toBe('DIGIS_INSUFFICIENT_FUNDS')
    const failed = { type: 'payout.failed', data: { transfer_id: paid.body.id } }
    const told = await service.call('POST /api/webhooks/payments', signEvent(failed))
    expect(told).toMatchObject({ status: 200, body: { outcome: 'posted' } })
    const { body } = await service.call('GET /api/users/me/statement?asset=cents', { token: payee.token })
    expect(body.items.map(({ kind, amount }: { kind: string; amount: number }) => [kind, amount])).toEqual([
      ['reversal', 2529],
      ['payout', -2529],
      ['payment', 2530],
    ])
  })

  test.each(['0', '0.00', '-1', '1.005', '1e3', 'NaN'])('of %s is refused', async amount => {
    const answer = await service.call('POST /api/payouts', { token: creator.token, body: { amount } })
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['amount'] })
  })
})
