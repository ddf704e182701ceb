/**
 * The DIGIS service over real HTTP, without a cache, with one in its process, and with one in Redis: what do callers
 * and the database notice?
 *
 * Promises: a hit takes at least 50 % less time than the same call to the database, for each cached function, and the
 * database gets at least 60 % fewer queries under the whole mix; 500 identical misses from 4 processes are two queries at most; while Redis is dead no call fails and p99 is
 * at most that without a cache plus the 50 ms that a call waits for Redis.
 */
import { loadavg } from 'node:os'
import { migrateDigis } from '@holdfast/digis'
import { seedDemo } from '@holdfast/digis/demo'
import { startPostgres, startRedis } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { measureFunctions } from '../digis/functions.mjs'
import { runLoad } from '../digis/load.mjs'
import { createMix } from '../digis/mix.mjs'
import { measureOutage } from '../digis/outage.mjs'
import { loadPeople } from '../digis/people.mjs'
import { SECRET, startService } from '../digis/service.mjs'
import { measureStampede } from '../digis/stampede.mjs'
import { median, pairedRatio, percentile } from '../measure/statistics.mjs'
import { describeMachine, publish, readOptions } from '../result.mjs'

/** @typedef {import('../digis/functions.mjs').Mode} Mode */
/** @typedef {import('../digis/load.mjs').Load} Load */

const PROMISE = { hitTime: 50, queries: 60, stampede: 2, outageMillis: 50 }
const MODES = /** @type {const} */ (['off', 'process', 'redis'])
const NAMES = { off: 'no cache', process: 'in process', redis: 'Redis' }
const CONCURRENCY = 4
const CALLERS = { fans: 1_000, meetings: 2_000 }
const FULL = { warmUpCalls: 2_500, calls: 300, outageMillis: 4_000, stampedes: 7, seed: {} }
const QUICK = {
  warmUpCalls: 800,
  calls: 150,
  outageMillis: 1_000,
  stampedes: 3,
  seed: { users: 2_000, creators: 100, sessions: 10_000 },
}

const options = readOptions(process.argv.slice(2), { rounds: 9, quickRounds: 3 })
const plan = options.quick ? QUICK : FULL
const measured = await measure()
const broken = brokenPromises()
const outcome = {
  benchmark: 'digis',
  ok: broken.length === 0,
  broken,
  promise: PROMISE,
  machine: { ...describeMachine(), load: loadavg()[0] },
  rounds: options.rounds,
  ...measured,
}
publish(outcome, { options, text: asText() })

async function measure() {
  const [server, redis] = await Promise.all([startPostgres(), startRedis()])
  try {
    const urls = await seededDatabases(server)
    const people = await loadPeople(urls.off, { secret: SECRET, ...CALLERS })
    const where = { databaseUrl: urls.process, redisUrl: redis.url }
    const functions = await measureFunctions({ ...where, people, rounds: options.rounds })
    const stampede = await measureStampede({ ...where, rounds: plan.stampedes })
    return { functions, stampede, ...(await measureServices(urls, { people, redis })) }
  } finally {
    await redis[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
}

/**
 * A database for each contender: none is to notice what is written through another.
 *
 * @param {import('@holdfast/testkit').PostgresServer} server
 * @returns {Promise<Record<Mode, string>>}
 */
async function seededDatabases(server) {
  const admin = new Pool({ connectionString: server.url, max: 1 })
  await admin.query('CREATE DATABASE demo')
  const demo = new Pool({ connectionString: server.urlFor('demo'), max: 1 })
  await migrateDigis(demo)
  await seedDemo(demo, plan.seed)
  await demo.end()
  for (const mode of MODES) await admin.query(`CREATE DATABASE demo_${mode} TEMPLATE demo`)
  await admin.end()
  const [off = '', process = '', redis = ''] = MODES.map(mode => server.urlFor(`demo_${mode}`))
  return { off, process, redis }
}

/**
 * @param {Record<Mode, string>} urls
 * @param {{ people: import('../digis/people.mjs').People, redis: import('@holdfast/testkit').RedisServer }} world
 */
async function measureServices(urls, { people, redis }) {
  const next = createMix(people, Math.random)
  const services = {
    off: await startService(urls.off, { CACHE: 'off' }),
    process: await startService(urls.process, {}),
    redis: await startService(urls.redis, { REDIS_URL: redis.url }),
  }
  try {
    const rounds = await runRounds(services, next)
    const outage = await measureOutage(
      { cached: services.redis, uncached: services.off },
      { next, redis, concurrency: CONCURRENCY, millis: plan.outageMillis },
    )
    return { service: MODES.map(mode => summary(mode, rounds)), kinds: byKind(rounds), outage }
  } finally {
    await Promise.all(MODES.map(mode => services[mode].stop()))
  }
}

/** @param {Record<Mode, import('../digis/service.mjs').Service>} services @param {() => import('../digis/mix.mjs').Call} next */
async function runRounds(services, next) {
  const load = { concurrency: CONCURRENCY, calls: plan.calls }
  for (const mode of MODES) await runLoad(services[mode], next, { ...load, calls: plan.warmUpCalls })
  /** @type {Record<Mode, Load>[]} */
  const rounds = []
  while (rounds.length < options.rounds) {
    const order = rounds.length % 2 === 0 ? MODES : [...MODES].reverse()
    const round = /** @type {Record<Mode, Load>} */ ({})
    for (const mode of order) round[mode] = await runLoad(services[mode], next, load)
    rounds.push(round)
  }
  return rounds
}

/** @param {Mode} mode @param {Record<Mode, Load>[]} rounds */
function summary(mode, rounds) {
  const loads = rounds.map(round => round[mode])
  const reads = loads.flatMap(load => readsOf(load))
  /** @param {(load: Load) => number} measure */
  const lower = measure => {
    const { ratio, spread } = pairedRatio(
      rounds.map(round => ({ ours: measure(round[mode]), theirs: measure(round.off) })),
    )
    return { percent: 100 * (1 - ratio), spread: spread.map(each => 100 * (1 - each)).reverse() }
  }
  return {
    mode,
    perSecond: median(loads.map(({ served, seconds }) => served.length / seconds)),
    hitPercent: median(loads.map(({ hitPercent }) => hitPercent)),
    read: { p50: percentile(reads, 0.5), p99: percentile(reads, 0.99) },
    queriesPerRequest: median(loads.map(queriesPerRequest)),
    databaseMillis: median(loads.map(databaseMillis)),
    lower: {
      http: lower(load => percentile(readsOf(load), 0.5)),
      queries: lower(queriesPerRequest),
      database: lower(databaseMillis),
    },
    failures: loads.flatMap(({ failures }) => failures),
  }
}

/** @param {Load} load */
function readsOf({ served }) {
  return served.filter(({ isRead }) => isRead).map(({ millis }) => millis)
}

/** @param {Load} load */
function queriesPerRequest({ queries, served }) {
  return queries / served.length
}

/** What a request spends with the database, waiting for a connection included. @param {Load} load */
function databaseMillis({ queryMillis, served }) {
  return queryMillis / served.length
}

/** @param {Record<Mode, Load>[]} rounds */
function byKind(rounds) {
  const kinds = new Set(rounds.flatMap(round => round.off.served.map(({ kind }) => kind)))
  return [...kinds].map(kind => {
    /** @param {Mode} mode */
    const p50 = mode => {
      const all = rounds.flatMap(round => round[mode].served.filter(each => each.kind === kind))
      return percentile(
        all.map(({ millis }) => millis),
        0.5,
      )
    }
    return { kind, off: p50('off'), process: p50('process'), redis: p50('redis') }
  })
}

function brokenPromises() {
  const { functions, service, stampede, outage } = measured
  const cached = service.filter(({ mode }) => mode !== 'off')
  const typical = median(stampede.queries)
  const failures = [...service.flatMap(each => each.failures), ...outage.failures]
  const excess = outage.outage.p99 - outage.uncached.p99
  return [
    ...functions
      .filter(({ lower }) => Math.min(lower.process, lower.redis) < PROMISE.hitTime)
      .map(({ name, lower }) => `${name} only ${Math.min(lower.process, lower.redis).toFixed(0)} % faster`),
    ...cached
      .filter(({ lower }) => lower.queries.percent < PROMISE.queries)
      .map(({ mode, lower }) => `queries only ${lower.queries.percent.toFixed(0)} % fewer (${NAMES[mode]})`),
    ...(typical > PROMISE.stampede || !stampede.same ? [`a stampede was ${typical} queries`] : []),
    ...(failures.length > 0 ? [`${failures.length} calls failed, the first one: ${failures[0]}`] : []),
    ...(excess > PROMISE.outageMillis ? [`p99 without Redis is ${excess.toFixed(0)} ms more`] : []),
  ]
}

function asText() {
  const { node, cores, processor, load = 0 } = outcome.machine
  const { functions, stampede, service, kinds, outage } = measured
  return [
    `Each function called directly, 8 at a time, median of ${options.rounds} rounds (${node}, ${cores} × ${processor})`,
    table(functions.map(functionLine)),
    '',
    `The service over HTTP, ${CONCURRENCY} callers, 90 % reads, median of ${options.rounds} rounds`,
    table(service.map(serviceLine)),
    '',
    'Median response time over HTTP, ms',
    table(kinds.map(({ kind, ...p50 }) => ({ kind, ...mapped(p50, each => each.toFixed(2)) }))),
    '',
    `${stampede.calls} identical misses from ${stampede.processes} processes: ${stampede.queries.join(', ')} queries`,
    '',
    'Redis killed under load and started again, ms',
    table(['uncached', 'before', 'outage', 'after'].map(name => phaseLine(name, outage))),
    `${outage.failures.length} calls failed`,
    '',
    `Load of the machine at the end: ${load.toFixed(1)}`,
  ].join('\n')
}

/** @param {import('../digis/functions.mjs').MeasuredFunction} measured */
function functionLine({ name, millis, lower }) {
  return {
    function: name,
    'no cache ms': millis.off.toFixed(3),
    'in process ms': millis.process.toFixed(3),
    lower: `${lower.process.toFixed(0)} %`,
    'Redis ms': millis.redis.toFixed(3),
    'lower ': `${lower.redis.toFixed(0)} %`,
  }
}

/** @param {(typeof measured.service)[number]} each */
function serviceLine({ mode, perSecond, hitPercent, read, queriesPerRequest, databaseMillis, lower }) {
  /** @param {{ percent: number, spread: number[] }} change */
  const change = ({ percent, spread }) =>
    mode === 'off' ? '' : `${percent.toFixed(0)} % (${spread.map(each => each.toFixed(0)).join('–')})`
  return {
    cache: NAMES[mode],
    'calls/s': Math.round(perSecond),
    'hits %': hitPercent.toFixed(0),
    'read p50/p99 ms': `${read.p50.toFixed(2)} / ${read.p99.toFixed(2)}`,
    'p50 lower': change(lower.http),
    'database ms': databaseMillis.toFixed(3),
    lower: change(lower.database),
    'queries/request': queriesPerRequest.toFixed(2),
    fewer: change(lower.queries),
  }
}

/** @param {string} name @param {import('../digis/outage.mjs').Outage} outage */
function phaseLine(name, outage) {
  const { requests, p50, p99 } = /** @type {any} */ (outage)[name]
  return { phase: name, requests, p50: p50.toFixed(2), p99: p99.toFixed(2) }
}

/** @param {Record<string, number>} object @param {(value: number) => string} map */
function mapped(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))
}

/** @param {Record<string, string | number>[]} rows */
function table(rows) {
  const head = Object.keys(rows[0] ?? {})
  const cells = [head, ...rows.map(row => head.map(name => String(row[name])))]
  const widths = head.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  return cells.map(row => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')).join('\n')
}
