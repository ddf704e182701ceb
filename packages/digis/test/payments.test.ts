import type { Digis } from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { broken, newCreator, newDigis, newFan, newSession, only, wrong } from './new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

const ABSENT = 9_007_199_254_740_991

describe('createPayment', () => {
  test('records what the fan of the session paid to its creator', async () => {
    const session = await newSession(digis)
    const payment = only(await digis.createPayment(session.id, 25, 5.5))
    expect(payment).toEqual({
      id: expect.any(Number),
      session_id: session.id,
      creator_id: session.creator_id,
      fan_id: session.fan_id,
      amount: '25.00',
      tip: '5.50',
      created_at: expect.any(Date),
      updated_at: payment.created_at,
    })
  })

  test.each([
    [0, '0.00'],
    [0.1 + 0.2, '0.30'],
    [1.005, '1.01'],
    [1e-7, '0.00'],
    ['19.99', '19.99'],
    [1_000_000, '1000000.00'],
  ])('rounds %s to cents, half away from zero: %s', async (amount, stored) => {
    const { id } = await newSession(digis)
    expect(only(await digis.createPayment(id, amount))).toMatchObject({ amount: stored, tip: '0.00' })
  })

  test('refuses a session that is not there', async () => {
    await expect(digis.createPayment(ABSENT, 1)).rejects.toMatchObject({
      ...broken('fk_payments_session'),
      code: '23503',
      category: 'missing-reference',
    })
  })

  test('loses none of many at once', async () => {
    const { id, creator_id } = await newSession(digis)
    await Promise.all(Array.from({ length: 50 }, () => digis.createPayment(id, '0.01')))
    expect(only(await digis.getCreatorEarnings(creator_id))).toMatchObject({
      total_earnings: '0.50',
      total_payments: 50,
    })
  })
})

describe('a history of payments', () => {
  test('holds what somebody received and what they paid, newest first', async () => {
    const [me, other] = [await newCreator(digis), await newCreator(digis)]
    const mine = only(await digis.createSession(me.id, other.id))
    const theirs = only(await digis.createSession(other.id, me.id))
    const ids: number[] = []
    for (const session of [mine, theirs, mine, theirs])
      ids.unshift(only(await digis.createPayment(session.id, 1)).id)
    const keys = async (...page: number[]) =>
      (await digis.getPaymentHistory(me.id, ...page)).rows.map(row => row.id)
    expect(await keys()).toEqual(ids)
    expect(await keys(1, 1)).toEqual(ids.slice(1, 2))
    expect(await keys(3, 2)).toEqual(ids.slice(2))
    const one = await digis.listPayments(me.id, { limit: 3 })
    const two = await digis.listPayments(me.id, { limit: 3, after: one.next })
    expect([...one.rows, ...two.rows].map(row => row.id)).toEqual(ids)
    expect(two.next).toBeNull()
  })

  test('is empty for somebody who never paid and for nobody', async () => {
    const { id } = await newFan(digis)
    for (const user of [id, ABSENT]) {
      expect((await digis.getPaymentHistory(user)).rows).toEqual([])
      expect(await digis.listPayments(user)).toEqual({ rows: [], next: null })
    }
  })
})

describe('getCreatorEarnings', () => {
  test('adds up payments and tips, and counts each fan once', async () => {
    const [creator, one, two] = [await newCreator(digis), await newFan(digis), await newFan(digis)]
    for (const [fan, amount, tip] of [
      [one, 10, 0],
      [one, 10, 1],
      [two, 10, 0.01],
    ] as const) {
      const session = only(await digis.createSession(creator.id, fan.id))
      await digis.createPayment(session.id, amount, tip)
    }
    expect(only(await digis.getCreatorEarnings(creator.id))).toEqual({
      total_earnings: '31.01',
      total_payments: 3,
      unique_customers: 2,
      average_payment: '10.34',
    })
  })

  test('is zero for a creator whom nobody paid and for nobody', async () => {
    const { id } = await newCreator(digis)
    const nothing = {
      total_earnings: '0.00',
      total_payments: 0,
      unique_customers: 0,
      average_payment: '0.00',
    }
    expect(only(await digis.getCreatorEarnings(id))).toEqual(nothing)
    expect(only(await digis.getCreatorEarnings(ABSENT))).toEqual(nothing)
  })

  test('does not count what somebody paid as a fan', async () => {
    const session = await newSession(digis)
    await digis.createPayment(session.id, 10)
    expect(only(await digis.getCreatorEarnings(session.fan_id)).total_payments).toBe(0)
  })
})

describe('an impossible argument is refused by name:', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['a negative amount', 'amount', () => digis.createPayment(1, -1)],
    ['an amount of NaN', 'amount', () => digis.createPayment(1, Number.NaN)],
    ['an amount of "NaN"', 'amount', () => digis.createPayment(1, 'NaN')],
    ['no amount', 'amount', () => digis.createPayment(1, undefined as never)],
    ['a huge amount', 'amount', () => digis.createPayment(1, 1_000_000.01)],
    ['a negative tip', 'tip', () => digis.createPayment(1, 1, -0.01)],
    ['a huge tip', 'tip', () => digis.createPayment(1, 1, 1e300)],
    ['a session that is no key', 'session_id', () => digis.createPayment('1; DELETE FROM payments', 1)],
    ['a huge limit', 'limit', () => digis.getPaymentHistory(1, 1_001)],
    ['a negative offset', 'offset', () => digis.getPaymentHistory(1, 50, -1)],
    ['a user that is no key', 'user_id', () => digis.listPayments('x')],
    ['a creator that is no key', 'creator_id', () => digis.getCreatorEarnings([] as never)],
  ])('%s', async (_, field, call) => {
    await expect(call()).rejects.toMatchObject(wrong(field))
  })
})

describe('the database itself', () => {
  test('keeps the two people of a payment those of its session, whatever a statement says', async () => {
    const [session, other] = [await newSession(digis), await newSession(digis)]
    const { rows } = await digis.query(
      'INSERT INTO payments (session_id, amount, creator_id, fan_id) VALUES ($1, 1, $2, $3) RETURNING *',
      [session.id, other.creator_id, other.fan_id],
    )
    expect(rows[0]).toMatchObject({ creator_id: session.creator_id, fan_id: session.fan_id })
    const move = 'UPDATE payments SET session_id = $2, creator_id = NULL WHERE id = $1 RETURNING *'
    const moved = await digis.query(move, [rows[0].id, other.id])
    expect(moved.rows[0]).toMatchObject({ creator_id: other.creator_id, fan_id: other.fan_id })
  })

  test.each([
    ["amount = 'NaN'", 'chk_payments_amount'],
    ['amount = -0.01', 'chk_payments_amount'],
    ['tip = 1000000.01', 'chk_payments_tip'],
  ])('refuses %s', async (assignment, constraint) => {
    const payment = only(await digis.createPayment((await newSession(digis)).id, 1))
    const update = digis.query(`UPDATE payments SET ${assignment} WHERE id = $1`, [payment.id])
    await expect(update).rejects.toMatchObject(broken(constraint))
  })

  test.each(['sessions', 'users'])('deletes no row of %s that a payment refers to', async table => {
    const session = await newSession(digis)
    await digis.createPayment(session.id, 1)
    const key = table === 'sessions' ? session.id : session.fan_id
    const removal = digis.query(`DELETE FROM ${table} WHERE id = $1`, [key])
    await expect(removal).rejects.toMatchObject(broken(expect.stringMatching(/^fk_/)))
  })
})
