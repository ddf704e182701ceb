/**
 * Redis is killed, stalled and full while it is used as a cache: what do callers notice?
 *
 * Holdfast caches in Redis, plain pg asks the database each time; both get the same reads and writes in turns. Promised:
 * no failed call, and the 99th percentile within that of plain pg, which has no cache, plus the time that a call waits for
 * Redis at most: the median of the rounds, in each of which both had the same fault one after the other.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom, startPostgres, startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import pg from 'pg'
import { median, percentile } from '../../measure/statistics.mjs'
import { SCHEMA } from '../load/calls.mjs'
import { Contender } from '../load/contender.mjs'
import { countBy } from '../run/judge.mjs'
import { readCaseOptions } from '../run/options.mjs'
import { publishCase } from '../run/outcome.mjs'

/** @typedef {import('../load/offer.mjs').Done} Done */
/** @typedef {'killed' | 'stalled' | 'full'} Fault */

/** Milliseconds that a call waits for Redis at most: the pool's default `redisTimeout`. */
const BUDGET = 50
const DEADLINE = 5_000
const POOL = { max: 10, connectionTimeoutMillis: DEADLINE, deadline: DEADLINE }
const LOAD = { perSecond: 200, millis: 7_000 }
const FAULT_AFTER = 500
/** Long against the budget: what a stall costs is the calls that wait until the breaker opens. */
const LASTS = 6_000
const FAULTS = /** @type {const} */ (['killed', 'stalled', 'full'])

/** @type {Record<Fault, () => Promise<void>>} */
const BREAK = {
  killed: () => redis.kill(),
  stalled: async () => redis.pause(),
  full: () => command(['CONFIG', 'SET', 'maxmemory', '1']),
}

/** @type {Record<Fault, () => Promise<void>>} */
const MEND = {
  killed: () => redis.start(),
  stalled: async () => redis.resume(),
  full: () => command(['CONFIG', 'SET', 'maxmemory', '0']),
}

const options = readCaseOptions(process.argv.slice(2))
const random = seededRandom(options.seed)
const [server, redis] = await Promise.all([startPostgres(), startRedis()])
try {
  publish(await measure(options.quick ? 1 : 3))
} finally {
  await redis[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
}

/** @param {number} rounds of each fault */
async function measure(rounds) {
  const setup = new pg.Client(server.url)
  await setup.connect()
  await setup.query(SCHEMA)
  await setup.end()
  const shared = { connectionString: server.url, seed: random.int(0, 0xffffffff), ...POOL }
  const theirs = await Contender.start('pg', shared)
  const ours = await Contender.start('holdfast', {
    ...shared,
    cache: { redis: redis.url, tables: { accounts: '5m' } },
  })
  try {
    for (const each of [theirs, ours]) await each.warmUp({ callers: POOL.max, millis: 1_000 })
    /** @type {{ fault: Fault, name: string, done: Done[] }[]} */
    const results = []
    for (const fault of random.shuffle(Array.from({ length: rounds }, () => FAULTS).flat())) {
      for (const each of random.shuffle([theirs, ours])) {
        await untilCached(ours)
        results.push({ fault, name: each.name, done: await underFault(each, fault) })
      }
    }
    return results
  } finally {
    await Promise.all([theirs.stop(), ours.stop()])
  }
}

/** A fault of what is not in use shows nothing. @param {Contender} contender */
async function untilCached(contender) {
  const end = Date.now() + 20_000
  while (!(await contender.cacheEnabled())) {
    if (Date.now() > end) throw new Error('The cache in Redis was not used again within 20 s.')
    await delay(20)
  }
}

/** @param {Contender} contender @param {Fault} fault @returns {Promise<Done[]>} */
async function underFault(contender, fault) {
  const load = contender.offer(LOAD)
  await delay(FAULT_AFTER)
  await BREAK[fault]()
  await delay(LASTS)
  await MEND[fault]()
  return load
}

/** @param {string[]} words */
async function command(words) {
  const client = createClient({ url: redis.url })
  client.on('error', () => undefined)
  await client.connect()
  await client.sendCommand(words)
  client.destroy()
}

/** @typedef {{ fault: Fault, name: string, done: Done[] }} Result */

/** @param {Result[]} results */
function publish(results) {
  const details = Object.fromEntries(
    FAULTS.map(fault => {
      const slices = (/** @type {string} */ name) =>
        results.filter(result => result.fault === fault && result.name === name).map(({ done }) => done)
      const [theirs, ours] = [slices('pg'), slices('holdfast')]
      const above = ours.map((done, round) => p99(done) - p99(theirs[round] ?? []))
      return [fault, { pg: summary(theirs), holdfast: summary(ours), above }]
    }),
  )
  const claims = FAULTS.flatMap(fault =>
    claimsOf(fault, /** @type {NonNullable<typeof details[string]>} */ (details[fault])),
  )
  publishCase('redis', { claims, details, json: options.json })
}

/**
 * @param {Fault} fault
 * @param {{ pg: ReturnType<typeof summary>, holdfast: ReturnType<typeof summary>, above: number[] }} measured `above`:
 *   milliseconds by which our p99 was above theirs, in each round
 */
function claimsOf(fault, { pg: theirs, holdfast: ours, above }) {
  const more = median(above)
  return [
    {
      fault: `Redis ${fault}`,
      measured: `failed calls of ${ours.calls}`,
      pg: String(theirs.failed),
      holdfast: String(ours.failed),
      ratio: '',
      promise: 'none',
      ok: ours.failed === 0,
    },
    {
      fault: `Redis ${fault}`,
      measured: 'p99',
      pg: `${theirs.p99.toFixed(1)} ms`,
      holdfast: `${ours.p99.toFixed(1)} ms`,
      ratio: `${more.toFixed(1)} ms more`,
      promise: `at most ${BUDGET} ms more`,
      ok: more <= BUDGET,
    },
  ]
}

/** @param {Done[][]} slices */
function summary(slices) {
  const failed = slices.flat().filter(({ error }) => error !== undefined)
  return {
    calls: slices.flat().length,
    failed: failed.length,
    errors: countBy(failed, ({ error }) => String(error)),
    p50: median(slices.map(done => percentile(took(done), 0.5))),
    p99: median(slices.map(p99)),
    /** Calls that waited for Redis as long as they may. */
    waited: took(slices.flat()).filter(millis => millis >= BUDGET).length,
  }
}

/** @param {Done[]} done */
function took(done) {
  return done.map(({ from, to }) => to - from)
}

/** @param {Done[]} done */
function p99(done) {
  return percentile(took(done), 0.99)
}
