/**
 * Our pool against pg's: what does everything that ours adds cost where nothing goes wrong?
 *
 * Promises: at least 0.97 × pg's queries per second for one row by key at concurrency 1, 16 and 64, and memory per idle
 * connection within 5 %.
 */
import { startPostgres } from '@holdfast/testkit'
import { measureIdleMemory, typicalMemory } from '../measure/idle-memory.mjs'
import { median, pairedRatio } from '../measure/statistics.mjs'
import { latencyOf, runRound, runSlice } from '../measure/throughput.mjs'
import { createPool } from '../pools.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { table } from '../table.mjs'

/** @typedef {import('../measure/throughput.mjs').Round} Round */

const PROMISE = { throughput: 0.97, memory: 1.05 }
const CONCURRENCIES = [1, 16, 64]
const POOL_SIZE = 16
const ROWS = 10_000
const SLICE_MILLIS = 400
const WARM_UP_MILLIS = 1_500
const IDLE_CONNECTIONS = 200
const MEMORY_ROUNDS = 3

const SCHEMA = `
  CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL, created timestamptz NOT NULL);
  INSERT INTO items SELECT i, 'item ' || i, i / 100.0, now() FROM generate_series(1, ${ROWS}) AS i;
  ANALYZE items`
const ONE_ROW = 'SELECT id, name, price, created FROM items WHERE id = $1'

const options = readOptions(process.argv.slice(2), { rounds: 11 })
const { throughput, memory } = await measure()
const broken = [
  ...throughput
    .filter(({ ratio }) => ratio < PROMISE.throughput)
    .map(({ concurrency, ratio }) => `${ratio.toFixed(3)} × at concurrency ${concurrency}`),
  ...(memory.ratio > PROMISE.memory ? [`${memory.ratio.toFixed(3)} × memory per idle connection`] : []),
]
const outcome = {
  benchmark: 'pool',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: describeMachine(),
  rounds: options.rounds,
  throughput,
  memory,
}
publish(outcome, { options, text: asText() })

async function measure() {
  const server = await startPostgres({ settings: { max_connections: 300 } })
  try {
    return { throughput: await measureThroughput(server.url), memory: await measureMemory(server.url) }
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

/** @param {string} url */
async function measureThroughput(url) {
  const pools = {
    ours: await createPool('holdfast', { connectionString: url, max: POOL_SIZE }),
    theirs: await createPool('pg', { connectionString: url, max: POOL_SIZE }),
  }
  await pools.theirs.query(SCHEMA)
  const tasks = { ours: oneRow(pools.ours), theirs: oneRow(pools.theirs) }
  const results = []
  for (const concurrency of CONCURRENCIES) results.push(await compare(tasks, concurrency))
  await Promise.all([pools.ours.end(), pools.theirs.end()])
  return results
}

/** @param {import('pg').Pool} pool */
function oneRow(pool) {
  return () => pool.query(ONE_ROW, [1 + Math.floor(Math.random() * ROWS)])
}

/**
 * @param {{ ours: () => Promise<unknown>, theirs: () => Promise<unknown> }} tasks
 * @param {number} concurrency
 */
async function compare(tasks, concurrency) {
  for (const task of [tasks.theirs, tasks.ours]) await runSlice(task, { concurrency, millis: WARM_UP_MILLIS })
  /** @type {Round[]} */
  const rounds = []
  while (rounds.length < options.rounds)
    rounds.push(await runRound(tasks, { concurrency, millis: SLICE_MILLIS }))
  const pairs = rounds.map(({ ours, theirs }) => ({ ours: ours.perSecond, theirs: theirs.perSecond }))
  return {
    concurrency,
    ...pairedRatio(pairs),
    holdfast: summary(rounds, 'ours'),
    pg: summary(rounds, 'theirs'),
    pairs,
  }
}

/**
 * @param {Round[]} rounds
 * @param {'ours' | 'theirs'} who
 */
function summary(rounds, who) {
  const slices = rounds.map(round => round[who])
  return { perSecond: median(slices.map(({ perSecond }) => perSecond)), ...latencyOf(slices) }
}

/** @param {string} url */
async function measureMemory(url) {
  const setup = { url, connections: IDLE_CONNECTIONS }
  const measured = []
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    measured.push({
      ours: await measureIdleMemory('holdfast', setup),
      theirs: await measureIdleMemory('pg', setup),
    })
  }
  const totals = measured.map(({ ours, theirs }) => ({ ours: ours.total, theirs: theirs.total }))
  const [holdfast, pg] = [
    typicalMemory(measured.map(({ ours }) => ours)),
    typicalMemory(measured.map(({ theirs }) => theirs)),
  ]
  return { connections: IDLE_CONNECTIONS, ...pairedRatio(totals), holdfast, pg }
}

function asText() {
  const { node, cores, processor } = outcome.machine
  const lines = throughput.map(({ concurrency, ratio, spread, holdfast, pg }) => ({
    concurrency,
    'pg q/s': Math.round(pg.perSecond),
    'holdfast q/s': Math.round(holdfast.perSecond),
    ratio: ratio.toFixed(3),
    spread: spread.map(value => value.toFixed(3)).join('–'),
    'pg p50/p99 ms': `${pg.p50.toFixed(2)} / ${pg.p99.toFixed(2)}`,
    'holdfast p50/p99 ms': `${holdfast.p50.toFixed(2)} / ${holdfast.p99.toFixed(2)}`,
  }))
  return [
    `One row by key, pool of ${POOL_SIZE}, medians of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    table(lines),
    '',
    `Memory of each of ${IDLE_CONNECTIONS} idle connections in a fresh process, medians of ${MEMORY_ROUNDS} processes`,
    table(memoryLines()),
    `ratio ${memory.ratio.toFixed(3)} (${memory.spread.map(value => value.toFixed(3)).join('–')})`,
  ].join('\n')
}

function memoryLines() {
  /** @param {'holdfast' | 'pg'} name */
  const line = name => {
    const { total, heapUsed, external, rss } = memory[name]
    return {
      pool: name,
      'heap + external': kib(total),
      heap: kib(heapUsed),
      external: kib(external),
      'rss (noisy)': kib(rss),
    }
  }
  return [line('pg'), line('holdfast')]
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`
}
