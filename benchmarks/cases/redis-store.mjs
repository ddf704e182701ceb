/**
 * Our store in Redis against a plain GET, which neither checks stamps nor notices a failover: what does being right
 * cost?
 *
 * Promises at concurrency 64 from one process: at least 51,000 reads a second that are checked against the stamps of
 * three tags (the best peer's unchecked reads), and at least 250,000 checks of what is held in memory, which share
 * one barrier a turn.
 */
import { startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import { Redis } from 'ioredis-6'
import { median } from '../measure/statistics.mjs'
import { latencyOf, runSlice } from '../measure/throughput.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'

/** What is measured is not public: it is found beside what is. */
const DIST = new URL('.', import.meta.resolve('holdfast'))
const { RedisStore } = await import(`${DIST}cache/redis-store.js`)
const { sealValue } = await import(`${DIST}cache/stored-value.js`)

const PROMISE = { reads: 51_000, barriers: 250_000 }
const LOAD = { concurrency: 64, millis: 400 }
const WARM_UP_MILLIS = 1_500
const KEYS = 1_000
const PAYLOAD = Buffer.alloc(450, 'x')
const LIFE_MILLIS = 600_000

const options = readOptions(process.argv.slice(2), { rounds: 7 })
const server = await startRedis()
// Connections that nobody waits for do not keep a process alive.
const awake = setInterval(() => {}, 1_000)
const clients = await connect()
const contenders = await measure()
const broken = [
  ...(contenders.reads.perSecond < PROMISE.reads ? [`${contenders.reads.perSecond} checked reads/s`] : []),
  ...(contenders.barriers.perSecond < PROMISE.barriers
    ? [`${contenders.barriers.perSecond} barriers/s`]
    : []),
]
const outcome = {
  benchmark: 'redis-store',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: describeMachine(),
  rounds: options.rounds,
  concurrency: LOAD.concurrency,
  contenders,
}
await disconnect()
publish(outcome, { options, text: asText() })

async function connect() {
  // A budget that no noise of the machine exceeds: it is not what is measured.
  const store = new RedisStore({ redis: server.url, databaseIdentity: 'benchmark', budget: 5_000 })
  await new Promise(resolve => {
    store.onReady = () => resolve(undefined)
  })
  const nodeRedis = createClient({ url: server.url, RESP: 3 })
  await nodeRedis.connect()
  const ioredis = new Redis(server.port, '127.0.0.1', { enableAutoPipelining: true })
  return { store, nodeRedis, ioredis }
}

async function disconnect() {
  const { store, nodeRedis, ioredis } = clients
  await store.close()
  nodeRedis.destroy()
  ioredis.disconnect()
  await server[Symbol.asyncDispose]()
  clearInterval(awake)
}

async function measure() {
  await fill()
  const { store, nodeRedis, ioredis } = clients
  const tasks = {
    reads: () => store.read(readOf(anyKey())),
    'reads of one table': () => store.read(tableReadOf(anyKey())),
    barriers: () => store.barrier(),
    'GET by node-redis': () => nodeRedis.get(`plain:${anyKey()}`),
    'GET by ioredis': () => ioredis.get(`plain:${anyKey()}`),
  }
  /** @type {Record<string, import('../measure/throughput.mjs').Slice[]>} */
  const slices = Object.fromEntries(Object.keys(tasks).map(name => [name, []]))
  for (const task of Object.values(tasks)) await runSlice(task, { ...LOAD, millis: WARM_UP_MILLIS })
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, task] of shuffled(Object.entries(tasks))) slices[name]?.push(await runSlice(task, LOAD))
  }
  return Object.fromEntries(Object.entries(slices).map(([name, all]) => [name, summary(all)]))
}

/** Values with the stamps that are current, so that every read is a hit. */
async function fill() {
  const { store, nodeRedis } = clients
  for (let key = 0; key < KEYS; key++) {
    for (const read of [readOf(key), tableReadOf(key)]) {
      const { stamps } = await store.read(read)
      const value = sealValue({ stamps: /** @type {string[]} */ (stamps), payload: PAYLOAD })
      await store.store(read.key, value, LIFE_MILLIS)
    }
    await nodeRedis.set(`plain:${key}`, PAYLOAD)
  }
}

/** A row by its key: its own tag, its table's and the one for bulk changes. @param {number} key */
function readOf(key) {
  const tags = ['items:*', 'items:any', `items:id=${key}`].map(name => ({ name, schema: undefined }))
  return { key: `row:${key}`, tags, lease: true }
}

/** @param {number} key */
function tableReadOf(key) {
  return { key: `list:${key}`, tags: [{ name: 'items:*', schema: undefined }], lease: true }
}

function anyKey() {
  return Math.floor(Math.random() * KEYS)
}

/** @template T @param {T[]} items */
function shuffled(items) {
  return items
    .map(item => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** @param {import('../measure/throughput.mjs').Slice[]} slices */
function summary(slices) {
  return { perSecond: Math.round(median(slices.map(({ perSecond }) => perSecond))), ...latencyOf(slices) }
}

function asText() {
  const { node, cores, processor } = outcome.machine
  const lines = Object.entries(contenders).map(([name, { perSecond, p50, p99 }]) => {
    const cells = [String(perSecond).padStart(9), p50.toFixed(2).padStart(8), p99.toFixed(2).padStart(8)]
    return `${name.padEnd(20)}${cells.join('')}`
  })
  return [
    `Concurrency ${LOAD.concurrency}, medians of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    `${''.padEnd(20)}${'per s'.padStart(9)}${'p50 ms'.padStart(8)}${'p99 ms'.padStart(8)}`,
    ...lines,
  ].join('\n')
}
