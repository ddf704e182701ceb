/**
 * @typedef {import('./session.mjs').Settled} Settled
 * @typedef {{ key: string, id: number }} Kept
 * @typedef {{ user_id: number, balance: number }} Balance
 */

/**
 * Compares what the sessions were told with what is there. Pure, so that its own mistakes can be tested.
 *
 * @param {readonly Settled[]} settled
 * @param {{ transfers: readonly Kept[], balances: readonly Balance[], atStart: number }} found
 */
export function judge(settled, { transfers, balances, atStart }) {
  const kept = new Map(transfers.map(({ key, id }) => [key, id]))
  const posted = settled.filter(({ outcome }) => outcome === 'posted')
  const expected = expectedBalances(posted, balances, atStart)
  return {
    posted: posted.length,
    insufficient: settled.length - posted.length,
    /** Acknowledged, and not there under the id that was told. */
    lost: posted.filter(({ order, id }) => kept.get(order.key) !== id).length,
    /** Refused, and there all the same; or there and never ordered. */
    unasked: kept.size - posted.length,
    /** Accounts that hold something else than what was posted, each once. */
    wrongBalances: balances.filter(({ user_id, balance }) => balance !== expected.get(user_id)).length,
  }
}

/** @param {readonly Settled[]} posted @param {readonly Balance[]} balances @param {number} atStart */
function expectedBalances(posted, balances, atStart) {
  const expected = new Map(balances.map(({ user_id }) => [user_id, atStart]))
  /** @param {unknown} user @param {number} tokens */
  const add = (user, tokens) => expected.set(Number(user), (expected.get(Number(user)) ?? 0) + tokens)
  for (const { order } of posted) {
    if (order.kind === 'payout') continue
    const tokens = Number(order.tokens)
    if (order.kind === 'tip') {
      add(order.from_id, -tokens)
      add(order.to_id, tokens)
    } else add(order.user_id, order.kind === 'purchase' || order.kind === 'earn' ? tokens : -tokens)
  }
  return expected
}
