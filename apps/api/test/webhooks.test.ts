import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { type Person, startService, type TestService } from './support/service.js'
import { type SignatureWishes, signEvent } from './support/tokens.js'

let service: TestService
let fan: Person
beforeAll(async () => {
  service = await startService()
  fan = await service.join()
})
afterAll(() => service.close())

const purchase = (more: object = {}) => ({
  type: 'tokens.purchased',
  data: { user_id: fan.id, tokens: 100, cents: 499, ...more },
})
const report = (event: unknown, wishes?: SignatureWishes) =>
  service.call('POST /api/webhooks/payments', signEvent(event, wishes))
const balance = async () =>
  (await service.call('GET /api/users/me/tokens', { token: fan.token })).body.balance

test('a purchase that a provider reports is posted once, however often and at whatever moment it is sent', async () => {
  const [before, id] = [await balance(), randomUUID()]
  const answers = await Promise.all(Array.from({ length: 8 }, () => report(purchase(), { id })))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect(answers.map(({ body }) => body.outcome).sort()).toEqual([...Array(7).fill('duplicate'), 'posted'])
  expect(new Set(answers.map(({ body }) => body.transfer_id)).size).toBe(1)
  expect(await balance()).toBe(before + 100)
})

test('the same id with another content is refused, and nothing is posted', async () => {
  const id = randomUUID()
  await report(purchase(), { id })
  const before = await balance()
  expectProblem(await report(purchase({ tokens: 1_000 }), { id }), { status: 409, kind: 'duplicate' })
  expect(await balance()).toBe(before)
})

test('a refund takes the tokens of its purchase back, and is told once when they are spent', async () => {
  const [bought, spent] = [randomUUID(), randomUUID()]
  const before = await balance()
  await report(purchase(), { id: bought })
  const refund = (event_id: string) => report({ type: 'tokens.refunded', data: { event_id } })
  expect((await refund(bought)).body.outcome).toBe('posted')
  expect(await balance()).toBe(before)
  expect((await refund(bought)).body.outcome).toBe('refused')
  await report(purchase({ tokens: 1_000 }), { id: spent })
  await service.call('POST /api/spendings', { token: fan.token, body: { tokens: before + 1_000 } })
  expect(await refund(spent)).toMatchObject({ status: 200, body: { outcome: 'refused', transfer_id: null } })
  expect(await balance()).toBe(0)
})

test('a refund that arrives before its purchase is not taken in, so that it comes again', async () => {
  const id = randomUUID()
  const refund = () => report({ type: 'tokens.refunded', data: { event_id: id } }, { id: `${id} back` })
  expect((await refund()).status).toBe(422)
  await report(purchase(), { id })
  expect((await refund()).body.outcome).toBe('posted')
})

test('an event that concerns nobody here is taken in and ignored', async () => {
  const id = randomUUID()
  const event = { type: 'customer.created', data: { email: 'x' } }
  expect((await report(event, { id })).body).toEqual({ outcome: 'ignored', transfer_id: null })
  expect((await report(event, { id })).body.outcome).toBe('duplicate')
})

describe('an event is refused that is', () => {
  const forbidden = { status: 403, kind: 'forbidden' }

  test.each<[string, SignatureWishes]>([
    ['signed with another secret', { key: randomBytes(32) }],
    ['six minutes old', { at: -360 }],
    ['six minutes ahead', { at: 360 }],
  ])('%s', async (_, wishes) => {
    const before = await balance()
    expectProblem(await report(purchase(), wishes), forbidden)
    expect(await balance()).toBe(before)
  })

  test('changed on its way', async () => {
    const { text, headers } = signEvent(purchase())
    const changed = { headers, text: text.replace('100', '999') }
    expectProblem(await service.call('POST /api/webhooks/payments', changed), forbidden)
  })

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)('without %s', async name => {
    const { text, headers } = signEvent(purchase())
    const { [name]: _, ...others } = headers
    expectProblem(await service.call('POST /api/webhooks/payments', { text, headers: others }), forbidden)
  })

  test.each(['', 'v1,', 'v2,AAAA', 'v1,not base64', `v1,${'A'.repeat(44)}`])('signed %j', async signature => {
    const { text, headers } = signEvent(purchase())
    const sent = { text, headers: { ...headers, 'webhook-signature': signature } }
    expectProblem(await service.call('POST /api/webhooks/payments', sent), forbidden)
  })
})

test('of several signatures one is enough, as while secrets change', async () => {
  const { text, headers } = signEvent({ type: 'ping' })
  const signature = `v1,${'A'.repeat(43)}= ${headers['webhook-signature']}`
  const sent = { text, headers: { ...headers, 'webhook-signature': signature } }
  expect((await service.call('POST /api/webhooks/payments', sent)).status).toBe(200)
})

describe('a signed event that does not fit is refused by field:', () => {
  test.each<[string, () => unknown, string]>([
    ['no type', () => ({}), 'type'],
    ['no tokens', () => purchase({ tokens: undefined }), 'data.tokens'],
    ['a negative amount', () => purchase({ tokens: -1 }), 'data.tokens'],
    ['half a cent', () => purchase({ cents: 0.5 }), 'data.cents'],
    ['no event', () => ({ type: 'tokens.refunded' }), 'data.event_id'],
    ['a transfer of text', () => ({ type: 'payout.failed', data: { transfer_id: '1' } }), 'data.transfer_id'],
  ])('%s', async (_, event, field) => {
    expectProblem(await report(event()), { status: 400, kind: 'invalid-request', fields: [field] })
  })

  test.each(['', '{', '{"type":"x"'])('%j is no JSON', async text => {
    expect((await report(text)).status).toBe(400)
  })
})

test('a purchase for nobody is not taken in', async () => {
  const id = randomUUID()
  expect((await report(purchase({ user_id: 999_999_999 }), { id })).status).toBe(422)
  expect((await report(purchase(), { id })).body.outcome).toBe('posted')
})

test('without a secret no event is taken', async () => {
  const bare = await startService({ WEBHOOK_SECRETS: '' })
  try {
    const answer = await bare.call('POST /api/webhooks/payments', signEvent(purchase()))
    expectProblem(answer, { status: 403, kind: 'forbidden' })
  } finally {
    await bare.close()
  }
})
