import type { Digis } from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { broken, newDigis, newFan, wrong } from './new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

const ABSENT = 9_007_199_254_740_991
const times = (count: number) => Array.from({ length: count })

/** A user who holds so many tokens. */
async function holder(tokens: number): Promise<number> {
  const { id } = await newFan(digis)
  if (tokens > 0) await digis.atomicTokenUpdate(id, tokens, 'add')
  return id
}

describe('atomicTokenUpdate', () => {
  test('adds and takes, and returns the new balance', async () => {
    const id = await holder(0)
    expect(await digis.atomicTokenUpdate(id, 100, 'add')).toBe(100)
    expect(await digis.atomicTokenUpdate(id, 30, 'subtract')).toBe(70)
    expect(await digis.atomicTokenUpdate(String(id), '70', 'subtract')).toBe(0)
    expect(await digis.getTokenBalance(id)).toBe(0)
  })

  test('takes nothing when the balance does not suffice', async () => {
    const id = await holder(10)
    const error = { message: 'Insufficient token balance', code: 'DIGIS_INSUFFICIENT_TOKENS', retry: 'never' }
    await expect(digis.atomicTokenUpdate(id, 11, 'subtract')).rejects.toMatchObject(error)
    await expect(digis.atomicTokenUpdate(await holder(0), 1, 'subtract')).rejects.toMatchObject(error)
    await expect(digis.atomicTokenUpdate(ABSENT, 1, 'subtract')).rejects.toMatchObject(error)
    expect(await digis.getTokenBalance(id)).toBe(10)
  })

  test('gives tokens to nobody who is not there', async () => {
    await expect(digis.atomicTokenUpdate(ABSENT, 1, 'add')).rejects.toMatchObject({
      ...broken('fk_token_accounts_user'),
      code: '23503',
      category: 'missing-reference',
    })
  })

  test('never holds more than JavaScript can count', async () => {
    const id = await holder(1)
    expect(await digis.atomicTokenUpdate(id, Number.MAX_SAFE_INTEGER - 1, 'add')).toBe(
      Number.MAX_SAFE_INTEGER,
    )
    await expect(digis.atomicTokenUpdate(id, 1, 'add')).rejects.toMatchObject(
      broken('chk_token_accounts_balance'),
    )
    await expect(digis.atomicTokenUpdate(id, Number.MAX_SAFE_INTEGER, 'add')).rejects.toMatchObject({
      category: 'check-violated',
    })
    expect(await digis.getTokenBalance(id)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('of a hundred additions at once to a new account loses none', async () => {
    const id = await holder(0)
    const balances = await Promise.all(times(100).map(() => digis.atomicTokenUpdate(id, 1, 'add')))
    expect(balances.sort((a, b) => a - b)).toEqual(times(100).map((_, index) => index + 1))
    expect(await digis.getTokenBalance(id)).toBe(100)
  })

  test('of a hundred purchases at once lets through as many as the balance covers and never goes below zero', async () => {
    const id = await holder(37 * 3 + 2)
    const results = await Promise.allSettled(times(100).map(() => digis.atomicTokenUpdate(id, 3, 'subtract')))
    const balances = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    expect(balances).toHaveLength(37)
    expect(Math.min(...balances)).toBe(2)
    expect(await digis.getTokenBalance(id)).toBe(2)
  })

  test('of a hundred mixed calls at once keeps the sum', async () => {
    const id = await holder(20)
    const results = await Promise.allSettled(
      times(100).map((_, index) => digis.atomicTokenUpdate(id, 7, index % 2 === 0 ? 'add' : 'subtract')),
    )
    const refused = results.filter(result => result.status === 'rejected').length
    expect(await digis.getTokenBalance(id)).toBe(20 + 7 * refused)
  })
})

test('a user without an account and nobody hold no tokens', async () => {
  expect(await digis.getTokenBalance(await holder(0))).toBe(0)
  expect(await digis.getTokenBalance(ABSENT)).toBe(0)
})

describe('an impossible argument is refused by name:', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['zero tokens', 'amount', () => digis.atomicTokenUpdate(1, 0, 'add')],
    ['a negative amount', 'amount', () => digis.atomicTokenUpdate(1, -5, 'subtract')],
    ['a fraction', 'amount', () => digis.atomicTokenUpdate(1, 0.5, 'add')],
    ['NaN', 'amount', () => digis.atomicTokenUpdate(1, Number.NaN, 'add')],
    ['more than can be counted', 'amount', () => digis.atomicTokenUpdate(1, 2 ** 53, 'add')],
    ['text that is no number', 'amount', () => digis.atomicTokenUpdate(1, '1 or 1=1', 'add')],
    ['an unknown operation', 'operation', () => digis.atomicTokenUpdate(1, 1, 'multiply' as never)],
    ['no operation', 'operation', () => digis.atomicTokenUpdate(1, 1, undefined as never)],
    ['a user that is no key', 'user_id', () => digis.atomicTokenUpdate('me', 1, 'add')],
    ['a balance of a UUID', 'user_id', () => digis.getTokenBalance('00000000-0000-4000-8000-000000000001')],
  ])('%s', async (_, field, call) => {
    await expect(call()).rejects.toMatchObject(wrong(field))
  })
})

test('the database itself holds no balance below zero', async () => {
  const id = await holder(1)
  const steal = digis.query('UPDATE token_accounts SET balance = balance - 2 WHERE user_id = $1', [id])
  await expect(steal).rejects.toMatchObject(broken('chk_token_accounts_balance'))
})
