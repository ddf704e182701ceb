/**
 * What does it cost to watch? One row by key, and hits in memory, with monitoring off, as it is by default, and with
 * everything on.
 *
 * Promises, in queries per second of processor time: at least 0.98 × those without monitoring by default, at least 0.95 ×
 * with everything; at least 0.95 × the hits in memory by default. Besides: with a subscriber of every channel.
 */
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { startPostgres } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { percentile } from '../measure/statistics.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'
import { table } from '../table.mjs'

/**
 * @typedef {{ name: string, options: import('holdfast').PoolOptions, listens?: boolean }} Contender
 * @typedef {{ name: string, run: (pool: Pool) => Promise<unknown>, calls: number, concurrency: number,
 *   least: Record<string, number>, listens?: boolean }} Task
 */

const POOL_SIZE = 16
const ROWS = 10_000
const HOT_ROWS = 64
const WARM_UP_SLICES = 25
/** What neighbours of a busy machine add is left out: a contender is as fast as the fastest quarter of its slices. */
const QUARTER = 0.25

const SCHEMA = ['items', 'hot'].map(
  name => `
  CREATE TABLE ${name} (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL, created timestamptz NOT NULL);
  INSERT INTO ${name} SELECT i, 'item ' || i, i / 100.0, now() FROM generate_series(1, ${ROWS}) AS i;
  ANALYZE ${name}`,
)

/** Keeps nothing: writing lines is the logger's cost. */
const LOGGER = { debug() {}, info() {}, warn() {}, error() {} }
/** @type {import('holdfast').PoolOptions} */
const OFF = { statistics: false, slowQuery: false, utilizationAlert: false }

/** Twice without, at both ends: how much they differ says how much may be doubted. @type {readonly Contender[]} */
const CONTENDERS = [
  { name: 'off', options: OFF },
  { name: 'default', options: {} },
  { name: 'everything', options: { logger: LOGGER, report: '1s', slowQuery: { plan: true } } },
  { name: 'channels', options: {}, listens: true },
  { name: 'off again', options: OFF },
]

const ONE_ROW = 'SELECT id, name, price, created FROM items WHERE id = $1'
const ONE_HOT_ROW = 'SELECT id, name, price, created FROM hot WHERE id = $1'
/** @param {Pool} pool */
const oneRow = pool => pool.query(ONE_ROW, [1 + Math.floor(Math.random() * ROWS)])
/** @param {Pool} pool */
const hit = pool => pool.query(ONE_HOT_ROW, [1 + Math.floor(Math.random() * HOT_ROWS)])

/** A channel that once had a subscriber is slower for everybody afterwards: that comes last. @type {readonly Task[]} */
const TASKS = [
  { name: 'one row', run: oneRow, calls: 600, concurrency: 16, least: { default: 0.98, everything: 0.95 } },
  { name: 'hit in memory', run: hit, calls: 20_000, concurrency: 1, least: { default: 0.95 } },
  { name: 'one row', run: oneRow, calls: 600, concurrency: 16, least: {}, listens: true },
]

const options = readOptions(process.argv.slice(2), { rounds: 150, quickRounds: 3 })
const measured = await measure()
const broken = measured
  .filter(({ ratio, least }) => !options.quick && least !== undefined && ratio < least)
  .map(({ task, name, ratio }) => `${task}, ${name}: ${ratio.toFixed(3)} ×`)
const outcome = {
  benchmark: 'monitoring',
  ok: broken.length === 0,
  broken,
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

/** @param {string} connectionString */
async function measureOn(connectionString) {
  const cache = { tables: { hot: '1h' } }
  // All connections open from the start: a pool that grew to fewer of them would have other work to do.
  const size = { max: POOL_SIZE, minIdle: POOL_SIZE }
  const pools = CONTENDERS.map(
    contender => new Pool({ connectionString, ...size, cache, ...contender.options }),
  )
  for (const pool of pools) await pool.warmup()
  for (const text of SCHEMA) await pools[0]?.query(text)
  const results = []
  for (const task of TASKS) results.push(...(await compare(task, pools)))
  await Promise.all(pools.map(pool => pool.end()))
  return results
}

/**
 * Short slices of all contenders in an order drawn anew for each round.
 *
 * @param {Task} task
 * @param {readonly Pool[]} pools
 */
async function compare(task, pools) {
  /** @type {number[][]} */
  const slices = CONTENDERS.map(() => [])
  const indexes = [...CONTENDERS.keys()].filter(index => takesPart(task, CONTENDERS[index]))
  for (let round = options.quick ? 0 : -WARM_UP_SLICES; round < options.rounds; round++) {
    for (const index of indexes.sort(() => Math.random() - 0.5)) {
      const micros = await runSlice(task, /** @type {Pool} */ (pools[index]), CONTENDERS[index]?.listens)
      if (round >= 0) slices[index]?.push(micros)
    }
  }
  return judge(task, slices)
}

/** @param {Task} task @param {Contender | undefined} contender */
function takesPart({ listens = false }, contender) {
  return contender?.options === OFF || (contender?.listens ?? false) === listens
}

/**
 * @param {Task} task
 * @param {Pool} pool
 * @param {boolean} [listens]
 * @returns {Promise<number>} microseconds of processor time for each call
 */
async function runSlice({ run, calls, concurrency }, pool, listens = false) {
  const unsubscribe = listens ? subscribe() : () => {}
  const before = process.cpuUsage()
  let begun = 0
  const worker = async () => {
    while (begun++ < calls) await run(pool)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const { user, system } = process.cpuUsage(before)
  unsubscribe()
  return (user + system) / calls
}

/** @param {Task} task @param {readonly number[][]} slices */
function judge({ name: task, least }, slices) {
  const costs = slices.map(each => percentile(each, QUARTER))
  const [first = Number.NaN, last = Number.NaN] = [costs[0], costs.at(-1)]
  const without = (first + last) / 2
  return CONTENDERS.flatMap(({ name }, index) => {
    const micros = costs[index] ?? Number.NaN
    if (Number.isNaN(micros)) return []
    return [{ task, name, micros, more: micros - without, ratio: without / micros, least: least[name] }]
  })
}

/** Listens to every channel, and does nothing. */
function subscribe() {
  const nothing = () => {}
  const handlers = { start: nothing, end: nothing, asyncStart: nothing, asyncEnd: nothing, error: nothing }
  const tracing = ['pg:query', 'pg:connection', 'pg:pool:connect'].map(name => tracingChannel(name))
  const plain = ['pg:pool:release', 'pg:pool:remove'].map(name => channel(name))
  for (const each of tracing) each.subscribe(handlers)
  for (const each of plain) each.subscribe(nothing)
  return () => {
    for (const each of tracing) each.unsubscribe(handlers)
    for (const each of plain) each.unsubscribe(nothing)
  }
}

function asText() {
  const { node, cores, processor } = outcome.machine
  const lines = measured.map(({ task, name, micros, more, ratio, least }) => ({
    what: task,
    monitoring: name,
    'processor µs': micros.toFixed(2),
    more: more.toFixed(2),
    ratio: ratio.toFixed(3),
    promise: least === undefined ? '' : `≥ ${least}`,
  }))
  return [
    `Processor time for each call, fastest quarter of ${options.rounds} slices (${node}, ${cores} × ${processor})`,
    table(lines),
  ].join('\n')
}
