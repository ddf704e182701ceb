import { expect, test } from 'vitest'
import { judge } from './ledger.mjs'
import { judgeMemory } from './memory.mjs'
import { TOKENS_AT_START } from './people.mjs'

const paid = { id: 1, amount: '5.00' }
const PAYMENT = { key: 'p', kind: 'payment', user: 1, attempts: 1, acknowledged: paid } as const
const taken = { user_id: 1, balance: TOKENS_AT_START - 3 }
const TAKEN = { key: 't', kind: 'tokens', user: 1, tokens: -3, attempts: 2, acknowledged: taken } as const
const FOUND = {
  keys: [
    { key: 'p', body: paid },
    { key: 't', body: taken },
  ],
  balances: [{ id: 1, balance: TOKENS_AT_START - 3 }],
  payments: [paid],
}
const CLEAN = { lost: 0, changed: 0, refusedButApplied: 0, wrongBalances: 0, wrongPayments: 0 }

test('a ledger in which each change is there once balances', () => {
  expect(judge([PAYMENT, TAKEN], FOUND)).toMatchObject({ ...CLEAN, acknowledged: 2, repeated: 1 })
})

test('what was given up may be applied or not, but not twice', () => {
  const { acknowledged: _, ...given } = TAKEN
  expect(judge([PAYMENT, given], FOUND)).toMatchObject({ ...CLEAN, givenUp: 1, givenUpButApplied: 1 })
  const untouched = {
    ...FOUND,
    keys: [FOUND.keys[0] as never],
    balances: [{ id: 1, balance: TOKENS_AT_START }],
  }
  expect(judge([PAYMENT, given], untouched)).toMatchObject({ ...CLEAN, givenUp: 1, givenUpButApplied: 0 })
  const twice = { ...FOUND, balances: [{ id: 1, balance: TOKENS_AT_START - 6 }] }
  expect(judge([PAYMENT, given], twice)).toMatchObject({ wrongBalances: 1 })
})

test.each([
  ['an acknowledged change that is lost', { keys: [FOUND.keys[0]] }, { lost: 1, wrongBalances: 1 }],
  ['a transfer applied twice', { balances: [{ id: 1, balance: TOKENS_AT_START - 6 }] }, { wrongBalances: 1 }],
  ['a payment made twice', { payments: [paid, { id: 2, amount: '5.00' }] }, { wrongPayments: 1 }],
  ['a payment of another amount', { payments: [{ id: 1, amount: '6.00' }] }, { wrongPayments: 1 }],
  ['a payment that is missing', { payments: [] }, { wrongPayments: 2 }],
  [
    'an answer that is not the one that was kept',
    { keys: [{ key: 'p', body: { ...paid, id: 9 } }, FOUND.keys[1]] },
    { changed: 1 },
  ],
])('%s is found', (_, found, verdict) => {
  expect(judge([PAYMENT, TAKEN], { ...FOUND, ...found } as typeof FOUND)).toMatchObject(verdict)
})

test('a refusal that was applied all the same is found', () => {
  const { acknowledged: _, ...refused } = { ...TAKEN, refused: 409 }
  expect(judge([PAYMENT, refused], FOUND)).toMatchObject({ refusedButApplied: 1 })
})

/** Samples of ten minutes, with so many MiB more at the end. */
function samples(growth: number) {
  return Array.from({ length: 300 }, (_, index) => {
    const noise = index % 2 === 0 ? 4 : -4
    const bytes = (100 + noise + (growth * index) / 300) * 2 ** 20
    return { at: index * 2_000, heap: bytes, rss: 2 * bytes }
  })
}

test('memory that goes up and down is flat, memory that grows is not', () => {
  expect(judgeMemory(samples(0))).toMatchObject({ judged: true, flat: true })
  expect(judgeMemory(samples(60))).toMatchObject({ judged: true, flat: false })
})

test('of a run that is too short nothing is said', () => {
  expect(judgeMemory(samples(60).slice(0, 20))).toMatchObject({ judged: false, flat: true })
  expect(judgeMemory([])).toMatchObject({ judged: false, flat: true })
})
