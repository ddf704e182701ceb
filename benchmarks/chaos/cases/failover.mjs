/**
 * The primary dies under load and a standby is promoted: how long does nobody get a write through?
 *
 * Each round both contenders get a cluster of their own that fails in the same way at the same moment. Holdfast is given the
 * URL of all servers; plain pg knows one server only, so it fails until somebody tells it of the other. Promised: the pause
 * is no longer than the promotion and the time that it takes to look for the new primary, no read or idempotent write that
 * fits its deadline fails, and nothing is applied twice.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom, startCluster } from '@holdfast/testkit'
import pg from 'pg'
import { SCHEMA } from '../load/calls.mjs'
import { Contender } from '../load/contender.mjs'
import { machineMillis } from '../load/offer.mjs'
import { countBy, judgeEntries } from '../run/judge.mjs'
import { readCaseOptions } from '../run/options.mjs'
import { fewer, publishCase } from '../run/outcome.mjs'

/** @typedef {import('../load/offer.mjs').Done} Done */
/** @typedef {{ name: string, down: number, up: number, done: Done[], entries: { op: string }[] }} Round */

const NAMES = ['pg', 'holdfast']
const DEADLINE = 5_000
/** A call fits its deadline when a primary answers for so long within it. */
const FITS = 1_500
/** Milliseconds in which a promoted primary is found. */
const DETECTION = 1_000
const POOL = { max: 10, connectionTimeoutMillis: DEADLINE, deadline: DEADLINE }
const LOAD = { perSecond: 150, millis: 7_000 }
const FAILS_AFTER = 1_000
/** Milliseconds until whoever watches the cluster decides to promote. */
const DECISION = { least: 200, most: 1_500 }
const LAST_ANSWERS = 100

const options = readCaseOptions(process.argv.slice(2))
const random = seededRandom(options.seed)
publish(await measure(options.quick ? 1 : 3))

/** @param {number} times @returns {Promise<Round[]>} */
async function measure(times) {
  /** @type {Round[]} */
  const rounds = []
  for (let time = 0; time < times; time++) {
    const decision = random.int(DECISION.least, DECISION.most)
    for (const name of random.shuffle(NAMES)) rounds.push(await round(name, decision))
  }
  return rounds
}

/** @param {string} name @param {number} decision @returns {Promise<Round>} */
async function round(name, decision) {
  const cluster = await startCluster()
  try {
    await ask(cluster.primary.url, SCHEMA)
    const connectionString =
      name === 'pg' ? cluster.primary.url : cluster.url({ parameters: 'target_session_attrs=read-write' })
    const contender = await Contender.start(name, {
      connectionString,
      seed: random.int(0, 0xffffffff),
      ...POOL,
    })
    try {
      return { name, ...(await fail(contender, { cluster, decision })) }
    } finally {
      await contender.stop()
    }
  } finally {
    await cluster[Symbol.asyncDispose]()
  }
}

/** @param {Contender} contender @param {{ cluster: import('@holdfast/testkit').PostgresCluster, decision: number }} scene */
async function fail(contender, { cluster, decision }) {
  await contender.warmUp({ callers: POOL.max, millis: 500 })
  const load = contender.offer(LOAD)
  await delay(FAILS_AFTER)
  await cluster.primary.kill()
  const down = machineMillis()
  await delay(decision)
  await cluster.promote()
  const up = machineMillis()
  const done = await load
  return { down, up, done, entries: await ask(cluster.primary.url, 'SELECT op FROM entries') }
}

/** @param {string} url @param {string} text @returns {Promise<any[]>} */
async function ask(url, text) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows
}

/** @param {Round[]} rounds */
function publish(rounds) {
  const of = (/** @type {string} */ name) => summary(rounds.filter(round => round.name === name))
  const [theirs, ours] = [of('pg'), of('holdfast')]
  const base = { fault: 'primary failover', ratio: '', promise: 'none' }
  const claims = [
    {
      ...base,
      measured: 'longest time from the promotion to the first write',
      pg: shown(theirs.afterPromotion),
      holdfast: shown(ours.afterPromotion),
      promise: `at most ${DETECTION} ms`,
      ok: ours.afterPromotion <= DETECTION,
    },
    {
      ...base,
      measured: `failed calls of ${ours.calls}`,
      pg: String(theirs.failed),
      holdfast: String(ours.failed),
      ...fewer({ pg: theirs.failed, holdfast: ours.failed, least: 0.9 }),
    },
    {
      ...base,
      measured: 'failed reads and idempotent writes that fit their deadline',
      pg: String(theirs.repeatable),
      holdfast: String(ours.repeatable),
      ok: ours.repeatable === 0,
    },
    {
      ...base,
      measured: 'writes applied twice',
      pg: String(theirs.doubled),
      holdfast: String(ours.doubled),
      ok: ours.doubled === 0,
    },
  ]
  publishCase('failover', { claims, details: { pg: theirs, holdfast: ours }, json: options.json })
}

/** @param {number} millis */
function shown(millis) {
  return Number.isFinite(millis) ? `${Math.round(millis)} ms` : 'never'
}

/** @param {Round[]} rounds of one contender */
function summary(rounds) {
  const done = rounds.flatMap(round => round.done)
  const failed = done.filter(({ error }) => error !== undefined)
  const repeatable = rounds.flatMap(round =>
    round.done.filter(call => call.error !== undefined && call.kind !== 'append' && fits(call, round)),
  )
  return {
    calls: done.length,
    failed: failed.length,
    repeatable: repeatable.length,
    doubled: rounds.reduce((sum, round) => sum + judgeEntries(round.done, round.entries).doubled, 0),
    errors: countBy(failed, ({ error }) => String(error)),
    afterPromotion: Math.max(...rounds.map(firstWriteAfterPromotion)),
    promotions: rounds.map(({ down, up }) => Math.round(up - down)),
  }
}

/**
 * Milliseconds from the promotion to the first write that the new primary took; infinite when there was none. What the old
 * one answered arrives within a moment of its end.
 *
 * @param {Round} round
 */
function firstWriteAfterPromotion({ down, up, done }) {
  const answered = done.filter(({ kind, error, to }) => {
    return kind !== 'read' && error === undefined && to > down + LAST_ANSWERS
  })
  return Math.max(0, Math.min(...answered.map(({ to }) => to)) - up)
}

/** Whether a primary answered long enough in the time that a call had. @param {Done} call @param {Round} round */
function fits({ from }, { down, up }) {
  const end = from + DEADLINE
  return Math.max(0, down - from) + Math.max(0, end - Math.max(up, from)) >= FITS
}
