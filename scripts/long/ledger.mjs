import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startPostgres } from '@holdfast/testkit'
import { runLedger } from './ledger/run.mjs'

/**
 * `npm run check:ledger -- [--orders N] [--seed S] [--json]`: random transfers by 8 concurrent sessions, N each (default
 * 5,000), while backends are killed and connections cut. Checked at the end: every asset adds up to zero, no balance is or
 * was negative, versions have no gap, each key is one transfer, and every balance is what the acknowledged transfers make
 * it. The exit code is 1 when something does not hold.
 */

const given = readArguments()
if (given !== undefined) await check(given)

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, orders: { type: 'string' }, seed: { type: 'string' } },
    })
    const [orders, seed] = [Number(values.orders ?? 5_000), Number(values.seed ?? randomInt(0x7fffffff))]
    if (!(orders >= 1 && Number.isSafeInteger(orders) && Number.isSafeInteger(seed)))
      throw new Error('--orders and --seed take whole numbers.')
    return { json: values.json === true, orders, seed }
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\nExpected only: --orders N, --seed S, --json.`)
    process.exitCode = 2
    return undefined
  }
}

/** @param {{ json: boolean, orders: number, seed: number }} options */
async function check({ json, orders, seed }) {
  const server = await startPostgres()
  try {
    if (!json) console.log(`Seed ${seed}, 8 sessions, ${orders} orders each`)
    const start = performance.now()
    const { violations, ...found } = await runLedger({ url: server.url, seed, orders })
    const seconds = Math.round((performance.now() - start) / 1_000)
    if (json) console.log(JSON.stringify({ check: 'ledger', seed, seconds, ...found, violations }))
    else console.log(sentence(found, violations, seconds))
    process.exitCode = found.ok ? 0 : 1
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/**
 * @param {Omit<Awaited<ReturnType<typeof runLedger>>, 'violations'>} found
 * @param {readonly string[]} violations
 * @param {number} seconds
 */
function sentence({ ok, posted, insufficient, killed, cut, failures }, violations, seconds) {
  const happened = `${posted} transfers, ${insufficient} refused for want of tokens, ${killed} backends killed, connections cut ${cut} times, ${failures} calls tried again by their caller, ${seconds} s`
  return `${happened}\n${ok ? 'ledger: everything adds up' : `ledger: broken\n  ${violations.join('\n  ')}`}`
}
