import pg from 'pg'
import { TOKENS_AT_START } from './people.mjs'

/**
 * Compares what the clients were told with what is in the database, and the database with itself: the key of a request is
 * there exactly where its change is.
 *
 * @param {string} connectionString
 * @param {readonly import('./clients.mjs').Wish[]} wishes
 */
export async function judgeLedger(connectionString, wishes) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const [keys, balances, payments] = [
      await client.query('SELECT key, body FROM idempotency_keys'),
      await client.query('SELECT user_id::int AS id, balance::int AS balance FROM token_accounts'),
      await client.query('SELECT id::int AS id, amount FROM payments'),
    ]
    const problems = await client.query('SELECT problem, id FROM ledger_problems() LIMIT 100')
    const unposted = await client.query(
      `SELECT id FROM payments AS p WHERE status = 'completed' AND NOT EXISTS (SELECT FROM ledger_transfers AS t WHERE t.payment_id = p.id)`,
    )
    return {
      ...judge(wishes, { keys: keys.rows, balances: balances.rows, payments: payments.rows }),
      /** What the double-entry ledger finds wrong with itself, and payments that are not in it. */
      ledgerProblems: [
        ...problems.rows,
        ...unposted.rows.map(({ id }) => ({ problem: 'payment-unposted', id })),
      ],
    }
  } finally {
    await client.end()
  }
}

/**
 * Pure, so that its own mistakes can be tested.
 *
 * @param {readonly import('./clients.mjs').Wish[]} wishes
 * @param {{ keys: { key: string, body: any }[], balances: { id: number, balance: number }[], payments: { id: number, amount: string }[] }} found
 */
export function judge(wishes, { keys, balances, payments }) {
  const applied = new Map(keys.map(({ key, body }) => [key, body]))
  const acknowledged = wishes.filter(wish => wish.acknowledged !== undefined)
  const lost = acknowledged.filter(wish => !applied.has(wish.key))
  const changed = acknowledged.filter(
    wish =>
      applied.has(wish.key) && JSON.stringify(applied.get(wish.key)) !== JSON.stringify(wish.acknowledged),
  )
  return {
    wishes: wishes.length,
    acknowledged: acknowledged.length,
    /** Acknowledged, and not there. */
    lost: lost.length,
    /** Acknowledged with another answer than the one that is kept. */
    changed: changed.length,
    /** Refused for good, and there all the same. */
    refusedButApplied: wishes.filter(wish => wish.refused !== undefined && applied.has(wish.key)).length,
    givenUp: wishes.filter(wish => wish.acknowledged === undefined && wish.refused === undefined).length,
    givenUpButApplied: wishes.filter(
      wish => wish.acknowledged === undefined && wish.refused === undefined && applied.has(wish.key),
    ).length,
    repeated: wishes.filter(wish => wish.attempts > 1).length,
    wrongBalances: wrongBalances(wishes, applied, balances),
    wrongPayments: wrongPayments(wishes, applied, payments),
  }
}

/** Accounts that hold something else than the changes that were applied to them, each once. */
function wrongBalances(
  /** @type {readonly import('./clients.mjs').Wish[]} */ wishes,
  /** @type {Map<string, any>} */ applied,
  /** @type {{ id: number, balance: number }[]} */ balances,
) {
  /** @type {Map<number, number>} */
  const expected = new Map(balances.map(({ id }) => [id, TOKENS_AT_START]))
  for (const { key, user, tokens } of wishes) {
    if (tokens !== undefined && applied.has(key)) expected.set(user, (expected.get(user) ?? 0) + tokens)
  }
  return balances.filter(({ id, balance }) => balance !== expected.get(id)).length
}

/** Payments without a request, requests without their payment. */
function wrongPayments(
  /** @type {readonly import('./clients.mjs').Wish[]} */ wishes,
  /** @type {Map<string, any>} */ applied,
  /** @type {{ id: number, amount: string }[]} */ payments,
) {
  const wanted = wishes.flatMap(({ kind, key }) =>
    kind === 'payment' && applied.has(key) ? [applied.get(key)] : [],
  )
  const amounts = new Map(payments.map(({ id, amount }) => [id, amount]))
  const missing = wanted.filter(({ id, amount }) => amounts.get(id) !== amount).length
  return missing + Math.abs(payments.length - new Set(wanted.map(({ id }) => id)).size)
}
