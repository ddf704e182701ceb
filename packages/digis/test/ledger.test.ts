import { randomUUID } from 'node:crypto'
import type { Digis } from '@holdfast/digis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { broken, newCreator, newDigis, newFan, newSession, only, wrong } from './new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})
afterAll(async () => {
  // Whatever the tests did, the ledger is right.
  expect(await digis.ledger.problems()).toEqual([])
})

const ABSENT = 9_007_199_254_740_991
const times = (count: number) => Array.from({ length: count })

async function holder(tokens: number): Promise<number> {
  const { id } = await newFan(digis)
  if (tokens > 0) await digis.ledger.purchase({ user_id: id, tokens, cents: 5 * tokens })
  return id
}

const kinds = async (user: number, asset: 'tokens' | 'cents' = 'tokens') =>
  (await digis.ledger.statement(user, { asset })).rows.map(({ kind, amount }) => [kind, amount])

describe('a transfer', () => {
  test('moves tokens and money between the accounts that its kind names', async () => {
    const [fan, creator] = [await holder(100), (await newCreator(digis)).id]
    await digis.ledger.tip({ from_id: fan, to_id: creator, tokens: 30, memo: 'Danke' })
    await digis.ledger.spend({ user_id: fan, tokens: 20 })
    await digis.ledger.earn({ user_id: creator, tokens: 15 })
    const redeemed = await digis.ledger.redeem({ user_id: creator, tokens: 40, cents: 160 })
    expect(redeemed).toEqual({ id: expect.any(Number), balance: 5, replayed: false })
    expect(await kinds(fan)).toEqual([
      ['spend', -20],
      ['tip', -30],
      ['purchase', 100],
    ])
    expect(await kinds(creator)).toEqual([
      ['redeem', -40],
      ['earn', 15],
      ['tip', 30],
    ])
    expect(await digis.ledger.balances(fan)).toEqual({ tokens: 50, cents: 0 })
    expect(await digis.getTokenBalance(creator)).toBe(5)
  })

  test('under one key is one, however many arrive at once, and all are told the same', async () => {
    const fan = await holder(100)
    const key = randomUUID()
    const all = await Promise.all(times(20).map(() => digis.ledger.spend({ user_id: fan, tokens: 7, key })))
    expect(new Set(all.map(({ id, balance }) => `${id} ${balance}`)).size).toBe(1)
    expect(all.filter(({ replayed }) => !replayed)).toHaveLength(1)
    await digis.ledger.spend({ user_id: fan, tokens: 1 })
    expect(await digis.ledger.spend({ user_id: fan, tokens: 7, key })).toMatchObject({
      balance: 93,
      replayed: true,
    })
    expect(await digis.getTokenBalance(fan)).toBe(92)
  })

  test.each([
    ['another amount', { tokens: 8 }],
    ['another memo', { memo: 'for something else' }],
  ])('under a known key with %s is refused, and nothing happens', async (_, other) => {
    const order = { user_id: await holder(100), tokens: 7, key: randomUUID() }
    await digis.ledger.spend(order)
    const error = { name: 'IdempotencyKeyReusedError', code: 'DIGIS_KEY_REUSED' }
    await expect(digis.ledger.spend({ ...order, ...other })).rejects.toMatchObject(error)
    const somebody = await holder(100)
    await expect(digis.ledger.spend({ ...order, user_id: somebody })).rejects.toMatchObject(error)
    expect(await digis.getTokenBalance(order.user_id)).toBe(93)
    expect(await digis.getTokenBalance(somebody)).toBe(100)
  })

  test('of more than an account holds is refused, and leaves a transaction usable', async () => {
    const [fan, creator] = [await holder(10), (await newCreator(digis)).id]
    const tip = { from_id: fan, to_id: creator, tokens: 11 }
    const error = { code: 'DIGIS_INSUFFICIENT_TOKENS', message: 'Insufficient token balance' }
    await expect(digis.ledger.tip(tip)).rejects.toMatchObject(error)
    await digis.transaction(async tx => {
      const { ledger } = digis.with({ client: tx })
      await expect(ledger.tip(tip)).rejects.toMatchObject(error)
      await ledger.tip({ ...tip, tokens: 10 })
    })
    expect(await digis.getTokenBalance(creator)).toBe(10)
  })

  test('takes no deadlock and loses nothing when opposite ones run at once', async () => {
    const [one, two] = [await holder(50), await holder(50)]
    const pairs = [
      [one, two],
      [two, one],
    ] as const
    const results = await Promise.allSettled(
      times(120).map((_, index) => {
        const [from_id, to_id] = pairs[index % 2] as readonly [number, number]
        return digis.ledger.tip({ from_id, to_id, tokens: 1 + (index % 5) })
      }),
    )
    const codes = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(codes.filter(code => code !== 'DIGIS_INSUFFICIENT_TOKENS')).toEqual([])
    expect((await digis.getTokenBalance(one)) + (await digis.getTokenBalance(two))).toBe(100)
  })

  test('for nobody is refused by the constraint that says so', async () => {
    const order = { user_id: ABSENT, tokens: 1 }
    await expect(digis.ledger.earn(order)).rejects.toMatchObject(broken('fk_token_accounts_user'))
  })

  test('that a rollback undoes leaves no trace, and its key free', async () => {
    const order = { user_id: await holder(10), tokens: 4, key: randomUUID() }
    const undone = digis.transaction(async tx => {
      await digis.with({ client: tx }).ledger.spend(order)
      throw new Error('No.')
    })
    await expect(undone).rejects.toThrow('No.')
    expect(await digis.ledger.spend(order)).toMatchObject({ balance: 6, replayed: false })
  })
})

describe('many orders in one call', () => {
  test('are posted in their order, all of them', async () => {
    const [one, two] = [await holder(5), await holder(0)]
    const posted = await digis.ledger.postAll([
      { kind: 'tip', from_id: one, to_id: two, tokens: 5 },
      { kind: 'tip', from_id: two, to_id: one, tokens: 2 },
      { kind: 'spend', user_id: one, tokens: 2 },
    ])
    expect(posted.map(({ balance }) => balance)).toEqual([0, 3, 0])
  })

  test('or none, when one of them takes too much, also in between', async () => {
    const [one, two] = [await holder(5), await holder(0)]
    const orders = [
      { kind: 'spend', user_id: two, tokens: 1 },
      { kind: 'tip', from_id: one, to_id: two, tokens: 5 },
    ] as const
    await expect(digis.ledger.postAll(orders)).rejects.toMatchObject({ code: 'DIGIS_INSUFFICIENT_TOKENS' })
    expect(await digis.getTokenBalance(one)).toBe(5)
    expect(await digis.ledger.postAll([])).toEqual([])
  })

  test('of which some are known are completed', async () => {
    const user_id = await holder(10)
    const orders = [1, 2, 3].map(tokens => ({ kind: 'spend', user_id, tokens, key: randomUUID() }) as const)
    await digis.ledger.postAll(orders.slice(0, 2))
    const all = await digis.ledger.postAll(orders)
    expect(all.map(({ replayed }) => replayed)).toEqual([true, true, false])
    expect(await digis.getTokenBalance(user_id)).toBe(4)
  })
})

describe('taking back', () => {
  test('gives everybody back what a transfer took, once', async () => {
    const [fan, creator] = [await holder(10), (await newCreator(digis)).id]
    const { id } = await digis.ledger.tip({ from_id: fan, to_id: creator, tokens: 4 })
    await digis.ledger.reverse(id, { memo: 'by mistake' })
    expect([await digis.getTokenBalance(fan), await digis.getTokenBalance(creator)]).toEqual([10, 0])
    await expect(digis.ledger.refund(id)).rejects.toMatchObject({ code: 'DIGIS_ALREADY_REVERSED' })
    const line = (await digis.ledger.statement(fan)).rows[0]
    expect(line).toMatchObject({ kind: 'reversal', amount: 4, reverses_id: id, memo: 'by mistake' })
  })

  test('is refused when what was given is spent, and when there is nothing to take back', async () => {
    const { id } = await newFan(digis)
    const bought = await digis.ledger.purchase({ user_id: id, tokens: 10, cents: 50 })
    await digis.ledger.spend({ user_id: id, tokens: 1 })
    await expect(digis.ledger.refund(bought.id)).rejects.toMatchObject({ code: 'DIGIS_INSUFFICIENT_TOKENS' })
    await expect(digis.ledger.refund(ABSENT)).rejects.toMatchObject({ code: 'DIGIS_NO_SUCH_TRANSFER' })
  })
})

test('a statement of account has every line once, without a gap, newest first, in pages', async () => {
  const fan = await holder(100)
  for (let tokens = 1; tokens <= 6; tokens++) await digis.ledger.spend({ user_id: fan, tokens })
  const lines = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await digis.ledger.statement(fan, { limit: 3, after })
    lines.push(...page.rows)
    after = page.next
  }
  expect(lines.map(({ id }) => id)).toEqual([7, 6, 5, 4, 3, 2, 1])
  for (const { id, amount, balance_after } of lines) {
    const before = lines.find(line => line.id === id - 1)?.balance_after ?? 0
    expect(balance_after).toBe(before + amount)
  }
  expect(await digis.ledger.statement(ABSENT)).toEqual({ rows: [], next: null })
})

describe('the payment of a session', () => {
  test('is money of its creator, to the cent, in the transaction of the payment', async () => {
    const session = await newSession(digis)
    const { id } = only(await digis.createPayment(session.id, '25.10', '0.2'))
    const page = await digis.ledger.statement(session.creator_id, { asset: 'cents' })
    expect(page.rows).toMatchObject([{ kind: 'payment', amount: 2530, payment_id: id }])
    expect(await digis.ledger.balances(session.fan_id)).toEqual({ tokens: 0, cents: 0 })
    const undone = digis.transaction(async tx => {
      await digis.with({ client: tx }).createPayment(session.id, 1)
      throw new Error('No.')
    })
    await expect(undone).rejects.toThrow('No.')
    expect(await kinds(session.creator_id, 'cents')).toHaveLength(1)
  })

  test('of nothing is none', async () => {
    const session = await newSession(digis)
    await digis.createPayment(session.id, 0)
    expect(await kinds(session.creator_id, 'cents')).toEqual([])
  })

  test('that is mended or deleted is corrected', async () => {
    const [session, other] = [await newSession(digis), await newSession(digis)]
    const { id } = only(await digis.createPayment(session.id, 10))
    await digis.query('UPDATE payments SET amount = 12 WHERE id = $1', [id])
    await digis.query('UPDATE payments SET session_id = $2 WHERE id = $1', [id, other.id])
    await digis.query('UPDATE payments SET amount = 11, tip = 1 WHERE id = $1', [id])
    expect(await kinds(session.creator_id, 'cents')).toEqual([
      ['correction', -1200],
      ['correction', 200],
      ['payment', 1000],
    ])
    expect(await kinds(other.creator_id, 'cents')).toEqual([['correction', 1200]])
    await digis.query('DELETE FROM payments WHERE id = $1', [id])
    expect(await kinds(other.creator_id, 'cents')).toEqual([
      ['correction', -1200],
      ['correction', 1200],
    ])
  })

  test('counts from the moment in which it is completed until it is refunded', async () => {
    const session = await newSession(digis)
    const { rows } = await digis.query(
      "INSERT INTO payments (session_id, amount, status) VALUES ($1, 10, 'pending') RETURNING id",
      [session.id],
    )
    expect(await kinds(session.creator_id, 'cents')).toEqual([])
    for (const status of ['completed', 'refunded'])
      await digis.query('UPDATE payments SET status = $2 WHERE id = $1', [rows[0].id, status])
    expect(await kinds(session.creator_id, 'cents')).toEqual([
      ['correction', -1000],
      ['payment', 1000],
    ])
  })

  test('that was paid out cannot be taken from its creator', async () => {
    const session = await newSession(digis)
    const { id } = only(await digis.createPayment(session.id, 10))
    await digis.ledger.payout({ user_id: session.creator_id, cents: 1000 })
    const less = digis.query('UPDATE payments SET amount = 9 WHERE id = $1', [id])
    await expect(less).rejects.toMatchObject(broken('chk_ledger_accounts_balance'))
    const none = digis.query('DELETE FROM payments WHERE id = $1', [id])
    await expect(none).rejects.toMatchObject(broken('chk_ledger_accounts_balance'))
    const more = digis.ledger.payout({ user_id: session.creator_id, cents: 1 })
    await expect(more).rejects.toMatchObject({ code: 'DIGIS_INSUFFICIENT_FUNDS' })
  })
})

describe('a balance that an application writes past the ledger', () => {
  test('is posted to it as an adjustment', async () => {
    const fan = await holder(10)
    await digis.query('UPDATE token_accounts SET balance = balance + 5 WHERE user_id = $1', [fan])
    expect(await kinds(fan)).toEqual([
      ['adjustment', 5],
      ['purchase', 10],
    ])
    const other = await holder(0)
    await digis.query('INSERT INTO token_accounts (user_id, balance) VALUES ($1, 7)', [other])
    expect(await kinds(other)).toEqual([['adjustment', 7]])
  })

  test('is not deleted and given to nobody else', async () => {
    const fan = await holder(10)
    const error = broken('chk_token_accounts_append_only')
    await expect(digis.query('DELETE FROM token_accounts WHERE user_id = $1', [fan])).rejects.toMatchObject(
      error,
    )
    const given = digis.query('UPDATE token_accounts SET user_id = $2 WHERE user_id = $1', [
      fan,
      (await newFan(digis)).id,
    ])
    await expect(given).rejects.toMatchObject(error)
  })
})

describe('an impossible argument is refused by name:', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['no tokens', 'tokens', () => digis.ledger.spend({ user_id: 1, tokens: 0 })],
    ['negative tokens', 'tokens', () => digis.ledger.earn({ user_id: 1, tokens: -1 })],
    ['half a cent', 'cents', () => digis.ledger.payout({ user_id: 1, cents: 0.5 })],
    ['NaN', 'tokens', () => digis.ledger.tip({ from_id: 1, to_id: 2, tokens: Number.NaN })],
    ['a tip to oneself', 'to_id', () => digis.ledger.tip({ from_id: 1, to_id: '1', tokens: 1 })],
    ['a user of SQL', 'user_id', () => digis.ledger.spend({ user_id: '1; DROP TABLE users', tokens: 1 })],
    ['an empty key', 'key', () => digis.ledger.spend({ user_id: 1, tokens: 1, key: '' })],
    ['a key with NUL', 'key', () => digis.ledger.spend({ user_id: 1, tokens: 1, key: 'a\0' })],
    ['a memo with NUL', 'memo', () => digis.ledger.spend({ user_id: 1, tokens: 1, memo: 'a\0' })],
    ['a long memo', 'memo', () => digis.ledger.spend({ user_id: 1, tokens: 1, memo: 'x'.repeat(501) })],
    [
      'an unknown kind',
      'kind',
      () => digis.ledger.postAll([{ kind: 'gift', user_id: 1, tokens: 1 } as never]),
    ],
    ['too many orders', 'orders', () => digis.ledger.postAll(Array(501).fill({}))],
    ['no list', 'orders', () => digis.ledger.postAll('x' as never)],
    ['an unknown asset', 'asset', () => digis.ledger.statement(1, { asset: 'gold' as never })],
    ['a cursor of nothing', 'after', () => digis.ledger.statement(1, { after: 'x' })],
    ['no transfer', 'transfer_id', () => digis.ledger.reverse('x')],
    ['an event without an id', 'id', () => digis.ledger.receive({ id: '', type: 'x' })],
  ])('%s', async (_, field, call) => {
    await expect(call()).rejects.toMatchObject(wrong(field))
  })
})
