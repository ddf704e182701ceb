/**
 * Transfers per second in the ledger: tips between a thousand users, each in one call, and fifty in one call. Beside it,
 * what a platform without a ledger does: two updates of balances in a transaction, which keeps no record, knows no
 * repetition and may lose one of two keys to a deadlock.
 *
 * Promise: at least 2,000 transfers a second, each durable when it is acknowledged.
 */
import { randomUUID } from 'node:crypto'
import { loadavg } from 'node:os'
import { createDigis } from '@holdfast/digis'
import { seededRandom, startPostgres } from '@holdfast/testkit'
import { median } from '../measure/statistics.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { table } from '../table.mjs'

/** @typedef {import('@holdfast/digis').Digis} Digis */
/** @typedef {{ name: string, callers: number, perCall: number, call: () => Promise<unknown> }} Contender */

const PROMISE = { perSecond: 2_000 }
const USERS = 1_000
const TOKENS = 1_000_000_000
const BATCH = 50
const POOL = 16
const FULL_SLICE = 2_000
const QUICK_SLICE = 300

const options = readOptions(process.argv.slice(2), { rounds: 7, quickRounds: 3 })
const slice = options.quick ? QUICK_SLICE : FULL_SLICE
const measured = await measure()
const best = Math.max(...measured.contenders.filter(({ ledger }) => ledger).map(({ perSecond }) => perSecond))
const broken = [
  ...(best < PROMISE.perSecond && !options.quick ? [`only ${Math.round(best)} transfers a second`] : []),
  ...measured.problems.map(({ problem, id }) => `${problem} ${id}`),
]
publish(
  {
    benchmark: 'ledger',
    ok: broken.length === 0,
    broken,
    promise: PROMISE,
    machine: { ...describeMachine(), load: loadavg()[0] },
    rounds: options.rounds,
    ...measured,
  },
  { options, text: asText() },
)

async function measure() {
  // Durable as a server is by default; the test kit's servers are not, because their data is thrown away.
  const server = await startPostgres({
    settings: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  })
  const digis = createDigis({ connectionString: server.url, max: POOL })
  try {
    const users = await prepare(digis)
    const contenders = contendersOn(digis, users)
    const rates = await runRounds(contenders)
    const settings = await digis.query(
      "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')",
    )
    return {
      server: Object.fromEntries(settings.rows.map(({ name, setting }) => [name, setting])),
      contenders: contenders.map(({ name, callers, perCall }) => ({
        name,
        callers,
        perCall,
        ledger: name.startsWith('ledger'),
        perSecond: median(rates.get(name) ?? []),
        spread: [Math.min(...(rates.get(name) ?? [])), Math.max(...(rates.get(name) ?? []))],
      })),
      problems: await digis.ledger.problems(),
    }
  } finally {
    await digis.end()
    await server[Symbol.asyncDispose]()
  }
}

/** Users who never run out of tokens, and a plain table of balances. @param {Digis} digis @returns {Promise<number[]>} */
async function prepare(digis) {
  await digis.addMissingColumns()
  const ids = Array.from({ length: USERS }, () => randomUUID())
  const { rows } = await digis.query(
    'INSERT INTO users (supabase_id) SELECT unnest($1::uuid[]) RETURNING id',
    [ids],
  )
  await digis.query('INSERT INTO token_accounts (user_id, balance) SELECT unnest($1::bigint[]), $2', [
    rows.map(({ id }) => id),
    TOKENS,
  ])
  await digis.query(
    `CREATE TABLE plain_balances (user_id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0))
       WITH (fillfactor = 70)`,
  )
  await digis.query('INSERT INTO plain_balances SELECT user_id, balance FROM token_accounts')
  await digis.query('VACUUM ANALYZE')
  return rows.map(({ id }) => id)
}

/** @param {Digis} digis @param {readonly number[]} users @returns {Contender[]} */
function contendersOn(digis, users) {
  const random = seededRandom(1)
  const tip = () => {
    const from = random.int(0, users.length - 1)
    const to = (from + random.int(1, users.length - 1)) % users.length
    return /** @type {const} */ ({ kind: 'tip', from_id: users[from] ?? 0, to_id: users[to] ?? 0, tokens: 1 })
  }
  return [
    { name: 'ledger, one in a call', callers: 32, perCall: 1, call: () => digis.ledger.tip(tip()) },
    {
      name: `ledger, ${BATCH} in a call`,
      callers: 4,
      perCall: BATCH,
      call: () => digis.ledger.postAll(Array.from({ length: BATCH }, tip)),
    },
    { name: 'two updates, no ledger', callers: 32, perCall: 1, call: () => updateBoth(digis, tip()) },
  ]
}

/** @param {Digis} digis @param {{ from_id: number, to_id: number, tokens: number }} tip */
function updateBoth(digis, { from_id, to_id, tokens }) {
  const change = 'UPDATE plain_balances SET balance = balance + $2 WHERE user_id = $1'
  /** @type {[number, number][]} */
  const sorted = [
    [from_id, -tokens],
    [to_id, tokens],
  ]
  sorted.sort(([one], [two]) => one - two)
  return digis.transaction(async tx => {
    for (const values of sorted) await tx.query(change, values)
  })
}

/** Slices of all contenders, in turns that change from round to round. @param {Contender[]} contenders */
async function runRounds(contenders) {
  /** @type {Map<string, number[]>} */
  const rates = new Map(contenders.map(({ name }) => [name, []]))
  for (const contender of contenders) await rateOf(contender)
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse()
    for (const contender of order) rates.get(contender.name)?.push(await rateOf(contender))
  }
  return rates
}

/** Transfers per second of one slice. @param {Contender} contender */
async function rateOf({ callers, perCall, call }) {
  const start = performance.now()
  let calls = 0
  const caller = async () => {
    while (performance.now() - start < slice) {
      await call()
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return (calls * perCall * 1_000) / (performance.now() - start)
}

function asText() {
  const { node, cores, processor } = describeMachine()
  const rows = measured.contenders.map(({ name, callers, perSecond, spread: [least = 0, most = 0] }) => ({
    contender: name,
    callers,
    'transfers/s': Math.round(perSecond),
    'least–most': `${Math.round(least)}–${Math.round(most)}`,
  }))
  return [
    `Tips between ${USERS} users, ${POOL} connections, median of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    table(rows),
    `fsync ${measured.server.fsync}, synchronous_commit ${measured.server.synchronous_commit}; load of the machine at the end: ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ].join('\n')
}
