import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createDigis } from '@holdfast/digis'
import { FaultProxy, seededRandom } from '@holdfast/testkit'
import { judge } from './judge.mjs'
import { Session } from './session.mjs'

/**
 * @typedef {{ url: string, seed: number, orders: number, sessions?: number, users?: number }} RunOptions `orders` is
 *   how many each session makes
 */

const TOKENS_AT_START = 100
/** A fault after about so many orders. */
const ORDERS_PER_FAULT = 12
const NAME = 'ledger-session'

/**
 * Random transfers by concurrent sessions on a database of their own, while backends are killed and connections cut.
 *
 * @param {RunOptions} options
 */
export async function runLedger({ url, seed, orders, sessions = 8, users = 6 }) {
  const random = seededRandom(seed)
  const direct = createDigis({ connectionString: url, max: 2 })
  const proxy = await FaultProxy.start(Number(new URL(url).port))
  const through = Array.from({ length: sessions }, () =>
    createDigis({ connectionString: proxy.url(url), max: 1, application_name: NAME }),
  )
  try {
    await direct.addMissingColumns()
    const people = await join(direct, users)
    const running = through.map(
      ({ ledger }, index) => new Session(index, { ledger, users: people, random: random.fork() }),
    )
    const faults = faultsOf({ direct, proxy, random: random.fork() })
    await Promise.all(running.map(session => session.run(orders, faults.onSettled)))
    await faults.stop()
    return { ...(await verdict(direct, running)), ...faults.happened }
  } finally {
    await Promise.all([...through, direct].map(digis => digis.end()))
    await proxy[Symbol.asyncDispose]()
  }
}

/** @param {import('@holdfast/digis').Digis} digis @param {number} count */
async function join(digis, count) {
  const people = await Promise.all(Array.from({ length: count }, () => digis.createUser(randomUUID())))
  const ids = people.map(({ rows }) => rows[0]?.id ?? 0)
  await Promise.all(ids.map(id => digis.atomicTokenUpdate(id, TOKENS_AT_START, 'add')))
  return ids
}

/**
 * Faults by the count of orders and not by the clock, so that a slow machine sees as many. One at a time.
 *
 * @param {{ direct: import('@holdfast/digis').Digis, proxy: FaultProxy, random: import('@holdfast/testkit').SeededRandom }} parts
 */
function faultsOf({ direct, proxy, random }) {
  const happened = { killed: 0, cut: 0 }
  let [left, running] = [ORDERS_PER_FAULT, Promise.resolve()]
  const strike = async () => {
    // Somewhere within a transfer, whatever it is doing just then.
    await delay(random.int(0, 5))
    if (random.int(0, 1) === 0) {
      proxy.cut(0.5, random.next)
      happened.cut += 1
      return
    }
    const { rows } = await direct.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database() ORDER BY state = 'active' DESC, pid LIMIT 2`,
      [NAME],
    )
    happened.killed += rows.length
  }
  return {
    happened,
    onSettled() {
      left -= 1
      if (left > 0) return
      left = random.int(1, 2 * ORDERS_PER_FAULT)
      running = running.then(strike)
    },
    stop: () => running,
  }
}

/** @param {import('@holdfast/digis').Digis} digis @param {readonly Session[]} sessions */
async function verdict(digis, sessions) {
  const [transfers, balances, sums, deadlocks, problems] = [
    await digis.query(
      "SELECT idempotency_key AS key, id FROM ledger_transfers WHERE idempotency_key LIKE 'session %'",
    ),
    await digis.query('SELECT user_id, balance FROM token_accounts'),
    await digis.query(
      'SELECT asset, sum(balance)::bigint AS sum FROM ledger_accounts GROUP BY asset HAVING sum(balance) <> 0',
    ),
    // The pool runs again what a deadlock undid, so that nobody else would notice.
    await digis.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
    await digis.ledger.problems(),
  ]
  const settled = sessions.flatMap(session => session.settled)
  const judged = judge(settled, {
    transfers: transfers.rows,
    balances: balances.rows,
    atStart: TOKENS_AT_START,
  })
  const violations = [
    ...sessions.flatMap(session => session.violations),
    ...problems.map(({ problem, id }) => `${problem} ${id}`),
    ...sums.rows.map(({ asset, sum }) => `the ${asset} add up to ${sum}`),
    ...deadlocks.rows
      .filter(({ deadlocks }) => deadlocks > 0)
      .map(({ deadlocks }) => `${deadlocks} deadlocks`),
    ...complaints(judged),
  ]
  const failures = sessions.reduce((sum, session) => sum + session.failures, 0)
  return { ok: violations.length === 0, violations, failures, ...judged }
}

/** @param {ReturnType<typeof judge>} judged */
function complaints({ lost, unasked, wrongBalances }) {
  return [
    ...(lost === 0 ? [] : [`${lost} acknowledged transfers are lost`]),
    ...(unasked === 0 ? [] : [`${unasked} transfers that nobody was told of`]),
    ...(wrongBalances === 0 ? [] : [`${wrongBalances} balances that do not fit the transfers`]),
  ]
}
