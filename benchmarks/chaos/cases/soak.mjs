/**
 * Random faults, drawn by a seed, on the service in a process of its own while 50 clients pay, transfer tokens and read over
 * HTTP, each change under an idempotency key.
 *
 * Promised: the ledger balances; every acknowledged change is there exactly once, every other one at most once; no request
 * is answered later than its deadline; no connection is leaked; memory is flat; nothing is answered with 500.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { FaultProxy, seededRandom, startPostgres, startRedis } from '@holdfast/testkit'
import pg from 'pg'
import { readCaseOptions } from '../run/options.mjs'
import { publishCase } from '../run/outcome.mjs'
import { Clients } from '../soak/clients.mjs'
import { Faults } from '../soak/faults.mjs'
import { judgeLedger } from '../soak/ledger.mjs'
import { judgeMemory } from '../soak/memory.mjs'
import { makeFans } from '../soak/people.mjs'
import { closeConnections } from '../soak/request.mjs'
import { MOST_CONNECTIONS, Service } from '../soak/service.mjs'

const CLIENTS = 50
const SAMPLE_EVERY = 2_000
/** Milliseconds in which the server forgets what the last requests left. */
const SETTLE = 1_000

const options = readCaseOptions(process.argv.slice(2))
const random = seededRandom(options.seed)
const [server, redis] = await Promise.all([
  startPostgres({ settings: { max_connections: 60 } }),
  startRedis(),
])
const [databaseProxy, redisProxy] = await Promise.all([
  FaultProxy.start(server.port),
  FaultProxy.start(redis.port),
])
try {
  await publish(await soak())
} finally {
  closeConnections()
  await Promise.all([databaseProxy[Symbol.asyncDispose](), redisProxy[Symbol.asyncDispose]()])
  await Promise.all([redis[Symbol.asyncDispose](), server[Symbol.asyncDispose]()])
}

async function soak() {
  const fans = await makeFans(server.url, CLIENTS)
  const service = await Service.start({
    databaseUrl: through(server.url, databaseProxy),
    redisUrl: through(redis.url, redisProxy),
  })
  try {
    const clients = new Clients(service.address, fans)
    const faults = new Faults()
    clients.start(random.fork())
    faults.start({ server, redis, databaseProxy, redisProxy, random: random.fork() })
    const samples = await watch(service, options.minutes * 60_000)
    await faults.stop()
    await clients.stop()
    await delay(SETTLE)
    const open = await connections()
    const survived = service.running
    const endedInOrder = await service.stop()
    return { clients, faults, samples, open, survived, endedInOrder, left: await connections() }
  } finally {
    await service.stop()
  }
}

/** @param {Service} service @param {number} millis */
async function watch(service, millis) {
  const end = performance.now() + millis
  const samples = []
  while (performance.now() < end && service.running) {
    await delay(Math.min(SAMPLE_EVERY, end - performance.now()))
    if (service.running) samples.push(await service.memory())
  }
  return samples
}

/** The service's connections, past the proxy, and how many of them are in a transaction. */
async function connections() {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query(
    `SELECT count(*)::int AS open, (count(*) FILTER (WHERE state <> 'idle'))::int AS busy FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  await client.end()
  return /** @type {{ open: number, busy: number }} */ (rows[0])
}

/** @param {string} url @param {FaultProxy} proxy */
function through(url, proxy) {
  return Object.assign(new URL(url), { port: String(proxy.port) }).href
}

/** @typedef {Awaited<ReturnType<typeof soak>>} Measured */
/** @typedef {{ measured: string, found: string, promise: string, ok: boolean }} Row */

/** @param {Measured} measured */
async function publish(measured) {
  const { clients, faults, open, left } = measured
  const ledger = await judgeLedger(server.url, clients.wishes)
  const memory = judgeMemory(measured.samples)
  const rows = [...ledgerRows(ledger, total(faults.happened)), ...serviceRows(measured), memoryRow(memory)]
  const claims = rows.map(({ found, ...row }) => ({
    fault: `soak of ${options.minutes} min`,
    ...row,
    pg: '',
    holdfast: found,
    ratio: '',
  }))
  const details = {
    seed: options.seed,
    ledger,
    memory,
    faults: faults.happened,
    statuses: clients.statuses,
    slowest: Math.round(clients.slowest),
    overdue: clients.overdue,
    open,
    left,
  }
  publishCase('soak', { claims, details, json: options.json })
}

/** @param {Awaited<ReturnType<typeof judgeLedger>>} ledger @param {number} faults @returns {Row[]} */
function ledgerRows(ledger, faults) {
  return [
    {
      measured: 'acknowledged changes, and faults meanwhile',
      found: `${ledger.acknowledged}, ${faults}`,
      promise: 'some of both',
      ok: ledger.acknowledged > 0 && faults > 0,
    },
    none('acknowledged changes that are lost', ledger.lost),
    none('changes that were answered differently each time', ledger.changed),
    none('refused changes that were applied', ledger.refusedButApplied),
    none('balances that do not fit the changes', ledger.wrongBalances),
    none('payments too many or too few', ledger.wrongPayments),
    none('entries of the ledger that do not add up', ledger.ledgerProblems.length),
  ]
}

/** @param {Measured} measured @returns {Row[]} */
function serviceRows({ clients, open, left, survived, endedInOrder }) {
  const internal = Object.entries(clients.statuses).filter(([name]) => name.endsWith(' 500'))
  return [
    none('requests answered later than their deadline', clients.late),
    none('answers of 500', total(Object.fromEntries(internal))),
    none('connections more than there may be', Math.max(0, open.open - MOST_CONNECTIONS)),
    none('connections at work for nobody', open.busy),
    none('connections left at the end', left.open),
    none('unexpected ends of the service', Number(!(survived && endedInOrder))),
  ]
}

/** @param {ReturnType<typeof judgeMemory>} memory @returns {Row} */
function memoryRow({ judged, flat, heap, rss }) {
  return {
    measured: judged ? 'memory after the warm-up' : 'memory (too short a run to tell)',
    found: `heap ${signed(heap.growthMiB)} of ${heap.meanMiB} MiB, RSS ${signed(rss.growthMiB)} of ${rss.meanMiB} MiB`,
    promise: 'flat',
    ok: flat,
  }
}

/** @param {string} measured @param {number} count @returns {Row} */
function none(measured, count) {
  return { measured, found: String(count), promise: 'none', ok: count === 0 }
}

/** @param {Record<string, number>} counts */
function total(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** @param {number} value */
function signed(value) {
  return value < 0 ? String(value) : `+${value}`
}
