/**
 * What does it cost to watch? One row by key with monitoring off, with statistics alone, and with everything on.
 *
 * Promises: at least 0.98 × the queries per second without monitoring for statistics alone, at least 0.95 × for
 * everything.
 */
import { startPostgres } from '@holdfast/testkit'
import { median, pairedRatio } from '../measure/statistics.mjs'
import { latencyOf, runRound, warmUp } from '../measure/throughput.mjs'
import { createPool } from '../pools.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { table } from '../table.mjs'

/** @typedef {import('../measure/throughput.mjs').Round} Round */

/** The least part of the throughput without monitoring. */
const PROMISE = { statistics: 0.98, everything: 0.95 }
const CONCURRENCY = 16
const POOL_SIZE = 16
const ROWS = 10_000
const SLICE_MILLIS = 400
const WARM_UP_MILLIS = 1_500

const SCHEMA = `
  CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL, created timestamptz NOT NULL);
  INSERT INTO items SELECT i, 'item ' || i, i / 100.0, now() FROM generate_series(1, ${ROWS}) AS i;
  ANALYZE items`
const ONE_ROW = 'SELECT id, name, price, created FROM items WHERE id = $1'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const MONITORING = {
  off: { statistics: false },
  statistics: {},
  everything: {},
}

const options = readOptions(process.argv.slice(2), { rounds: 21, quickRounds: 3 })
const measured = await measure()
const broken = measured
  .filter(({ what, ratio }) => !options.quick && ratio < PROMISE[what])
  .map(({ what, ratio }) => `${ratio.toFixed(3)} × with ${what}`)
const outcome = {
  benchmark: 'monitoring',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: describeMachine(),
  rounds: options.rounds,
  measured,
}
publish(outcome, { options, text: asText() })

async function measure() {
  const server = await startPostgres({ settings: { max_connections: 100 } })
  try {
    return await measureOn(server.url)
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/** @param {string} url */
async function measureOn(url) {
  const open = how => createPool('holdfast', { connectionString: url, max: POOL_SIZE, ...MONITORING[how] })
  const pools = {
    off: await open('off'),
    statistics: await open('statistics'),
    everything: await open('everything'),
  }
  await pools.off.query(SCHEMA)
  const results = await compareAll(pools)
  await Promise.all(Object.values(pools).map(pool => pool.end()))
  return results
}

/** @param {Record<'off' | 'statistics' | 'everything', import('pg').Pool>} pools */
async function compareAll(pools) {
  const load = { concurrency: CONCURRENCY, millis: SLICE_MILLIS }
  const tasks = {
    off: oneRow(pools.off),
    statistics: oneRow(pools.statistics),
    everything: oneRow(pools.everything),
  }
  for (const task of Object.values(tasks)) await warmUp(task, { ...load, millis: WARM_UP_MILLIS })
  /** @type {Record<'statistics' | 'everything', Round[]>} */
  const rounds = { statistics: [], everything: [] }
  for (let round = 0; round < options.rounds; round++) {
    for (const what of /** @type {const} */ (['statistics', 'everything']))
      rounds[what].push(await runRound({ ours: tasks[what], theirs: tasks.off }, load))
  }
  return /** @type {const} */ (['statistics', 'everything']).map(what => ({ what, ...summary(rounds[what]) }))
}

/** @param {import('pg').Pool} pool */
function oneRow(pool) {
  return () => pool.query(ONE_ROW, [1 + Math.floor(Math.random() * ROWS)])
}

/** @param {Round[]} rounds */
function summary(rounds) {
  const pairs = rounds.map(({ ours, theirs }) => ({ ours: ours.perSecond, theirs: theirs.perSecond }))
  const processor = rounds.map(({ ours, theirs }) => ({ ours: ours.cpuMicros, theirs: theirs.cpuMicros }))
  return {
    ...pairedRatio(pairs),
    processor: pairedRatio(processor),
    processorMicros: median(processor.map(({ ours, theirs }) => ours - theirs)),
    perSecond: median(pairs.map(({ ours }) => ours)),
    without: median(pairs.map(({ theirs }) => theirs)),
    ...latencyOf(rounds.map(({ ours }) => ours)),
    pairs,
  }
}

function asText() {
  const { node, cores, processor } = outcome.machine
  const lines = measured.map(({ what, ratio, spread, perSecond, without, processorMicros, p50, p99 }) => ({
    monitoring: what,
    'q/s without': Math.round(without),
    'q/s with': Math.round(perSecond),
    ratio: ratio.toFixed(3),
    spread: spread.map(value => value.toFixed(3)).join('–'),
    'processor µs/query': processorMicros.toFixed(2),
    'p50/p99 ms': `${p50.toFixed(2)} / ${p99.toFixed(2)}`,
  }))
  return [
    `One row by key, concurrency ${CONCURRENCY}, medians of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    table(lines),
  ].join('\n')
}
