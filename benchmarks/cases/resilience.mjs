/**
 * Our pool with retries and overload protection against the same pool without: what do they cost where nothing fails?
 *
 * Promise: at least 0.97 × the queries per second for one row by key, and for a short transaction, at concurrency 1, 16
 * and 64.
 */
import { startPostgres } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { median, pairedRatio } from '../measure/statistics.mjs'
import { latencyOf, runRound, warmUp } from '../measure/throughput.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { table } from '../table.mjs'

/** @typedef {import('../measure/throughput.mjs').Round} Round */
/** @typedef {import('../measure/throughput.mjs').Task} Task */

const PROMISE = 0.97
const CONCURRENCIES = [1, 16, 64]
const POOL_SIZE = 16
const ROWS = 10_000
const SLICE_MILLIS = 400

const SCHEMA = `
  CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL);
  INSERT INTO items SELECT i, 'item ' || i, i / 100.0 FROM generate_series(1, ${ROWS}) AS i;
  ANALYZE items`
const ONE_ROW = 'SELECT id, name, price FROM items WHERE id = $1'

/** @type {Record<string, (pool: Pool) => Task>} */
const LOADS = {
  'one row': pool => () => pool.query(ONE_ROW, [anyId()]),
  transaction: pool => () =>
    pool.transaction(tx => tx.query(ONE_ROW, [anyId()]), { readOnly: true, replaySafe: true }),
}

const options = readOptions(process.argv.slice(2), { rounds: 11, quickRounds: 2 })
const results = await measure()
const broken = results
  .filter(({ ratio }) => ratio < PROMISE)
  .map(({ load, concurrency, ratio }) => `${ratio.toFixed(3)} × for ${load} at concurrency ${concurrency}`)
const outcome = {
  benchmark: 'resilience',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: describeMachine(),
  rounds: options.rounds,
  results,
}
publish(outcome, { options, text: asText() })

function anyId() {
  return 1 + Math.floor(Math.random() * ROWS)
}

async function measure() {
  const server = await startPostgres()
  const connection = { connectionString: server.url, max: POOL_SIZE }
  const pools = {
    ours: new Pool(connection),
    theirs: new Pool({ ...connection, retry: false, overload: false }),
  }
  try {
    await pools.theirs.query(SCHEMA)
    const found = []
    for (const [load, task] of Object.entries(LOADS)) {
      const tasks = { ours: task(pools.ours), theirs: task(pools.theirs) }
      for (const concurrency of CONCURRENCIES) found.push({ load, ...(await compare(tasks, concurrency)) })
    }
    return found
  } finally {
    await Promise.all([pools.ours.end(), pools.theirs.end()])
    await server[Symbol.asyncDispose]()
  }
}

/** @param {{ ours: Task, theirs: Task }} tasks @param {number} concurrency */
async function compare(tasks, concurrency) {
  const load = { concurrency, millis: SLICE_MILLIS }
  for (const task of [tasks.theirs, tasks.ours]) await warmUp(task, load)
  /** @type {Round[]} */
  const rounds = []
  while (rounds.length < options.rounds) rounds.push(await runRound(tasks, load))
  const pairs = rounds.map(({ ours, theirs }) => ({ ours: ours.perSecond, theirs: theirs.perSecond }))
  return {
    concurrency,
    ...pairedRatio(pairs),
    on: summary(rounds, 'ours'),
    off: summary(rounds, 'theirs'),
    pairs,
  }
}

/** @param {Round[]} rounds @param {'ours' | 'theirs'} who */
function summary(rounds, who) {
  const slices = rounds.map(round => round[who])
  const perSecond = median(slices.map(slice => slice.perSecond))
  return { perSecond, cpuMicros: median(slices.map(slice => slice.cpuMicros)), ...latencyOf(slices) }
}

function asText() {
  const { node, cores, processor } = outcome.machine
  const lines = results.map(({ load, concurrency, ratio, spread, on, off }) => ({
    load,
    concurrency,
    'off q/s': Math.round(off.perSecond),
    'on q/s': Math.round(on.perSecond),
    ratio: ratio.toFixed(3),
    spread: spread.map(value => value.toFixed(3)).join('–'),
    'off µs CPU': off.cpuMicros.toFixed(1),
    'on µs CPU': on.cpuMicros.toFixed(1),
  }))
  return [
    `Retries and overload protection on and off, pool of ${POOL_SIZE}, medians of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    table(lines),
  ].join('\n\n')
}
