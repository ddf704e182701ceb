/**
 * The database restarts under load: how many calls fail?
 *
 * Each round both contenders get the same calls per second and the same kind of restart, one after the other in an order
 * that is drawn. Promised: at least 90 % fewer failed calls than plain pg, none of reads and idempotent writes whose
 * deadline leaves them a second of a server that answers, and no acknowledged write lost or applied twice.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom, startPostgres } from '@holdfast/testkit'
import pg from 'pg'
import { SCHEMA } from '../load/calls.mjs'
import { Contender } from '../load/contender.mjs'
import { machineMillis } from '../load/offer.mjs'
import { countBy, judgeEntries } from '../run/judge.mjs'
import { readCaseOptions } from '../run/options.mjs'
import { fewer, publishCase } from '../run/outcome.mjs'

/** @typedef {import('../load/offer.mjs').Done} Done */
/** @typedef {{ name: string, mode: string, down: number, up: number, done: Done[] }} Round */

const NAMES = ['pg', 'holdfast']
const DEADLINE = 5_000
/** A call fits its deadline when the server answers for so long within it. */
const FITS = 1_000
const POOL = { max: 10, connectionTimeoutMillis: DEADLINE, deadline: DEADLINE }
const LOAD = { perSecond: 200, millis: 5_000 }
const RESTART_AFTER = 1_000
/** Milliseconds between the end of the server and its start: what an upgrade or a reboot takes at least. */
const AWAY = { least: 200, most: 1_500 }
const MODES = /** @type {const} */ (['fast', 'immediate', 'kill'])

const options = readCaseOptions(process.argv.slice(2))
const random = seededRandom(options.seed)
const server = await startPostgres()
try {
  const rounds = await measure(options.quick ? 1 : 2)
  const client = new pg.Client(server.url)
  await client.connect()
  const { rows } = await client.query('SELECT op FROM entries')
  await client.end()
  publish(rounds, rows)
} finally {
  await server[Symbol.asyncDispose]()
}

/** @param {number} times that each kind of restart happens to each @returns {Promise<Round[]>} */
async function measure(times) {
  const setup = new pg.Client(server.url)
  await setup.connect()
  await setup.query(SCHEMA)
  await setup.end()
  const seed = random.int(0, 0xffffffff)
  const contenders = await Promise.all(
    NAMES.map(name => Contender.start(name, { connectionString: server.url, seed, ...POOL })),
  )
  try {
    for (const contender of contenders) await contender.warmUp({ callers: POOL.max, millis: 500 })
    /** @type {Round[]} */
    const rounds = []
    const modes = random.shuffle(Array.from({ length: times }, () => MODES).flat())
    for (const mode of modes) {
      const away = random.int(AWAY.least, AWAY.most)
      for (const contender of random.shuffle(contenders)) rounds.push(await round(contender, mode, away))
    }
    return rounds
  } finally {
    await Promise.all(contenders.map(contender => contender.stop()))
  }
}

/** @param {Contender} contender @param {typeof MODES[number]} mode @param {number} away @returns {Promise<Round>} */
async function round(contender, mode, away) {
  const load = contender.offer(LOAD)
  await delay(RESTART_AFTER)
  const down = machineMillis()
  if (mode === 'kill') await server.kill()
  else await server.stop({ mode })
  await delay(away)
  await server.start()
  const up = machineMillis()
  return { name: contender.name, mode, down, up, done: await load }
}

/** @param {Round[]} rounds @param {{ op: string }[]} entries */
function publish(rounds, entries) {
  const [theirs, ours] = NAMES.map(name => summary(rounds.filter(round => round.name === name)))
  const written = judgeEntries(
    rounds.flatMap(round => round.done),
    entries,
  )
  const base = { fault: 'restart under load', pg: String(theirs.failed), holdfast: String(ours.failed) }
  const claims = [
    {
      ...base,
      measured: `failed calls of ${ours.calls}`,
      ...fewer({ pg: theirs.failed, holdfast: ours.failed, least: 0.9 }),
    },
    {
      ...base,
      measured: 'failed reads and idempotent writes that fit their deadline',
      pg: String(theirs.repeatable),
      holdfast: String(ours.repeatable),
      ratio: '',
      promise: 'none',
      ok: ours.repeatable === 0 && theirs.repeatable > 0,
    },
    {
      ...base,
      measured: 'acknowledged writes lost or applied twice',
      pg: '',
      holdfast: String(written.lost + written.doubled),
      ratio: '',
      promise: 'none',
      ok: written.lost + written.doubled === 0,
    },
  ]
  publishCase('restart', { claims, details: { pg: theirs, holdfast: ours, written }, json: options.json })
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
    errors: countBy(failed, ({ error }) => String(error)),
    kinds: countBy(failed, ({ kind }) => kind),
    outages: rounds.map(({ mode, down, up }) => `${mode} ${Math.round(up - down)} ms`),
    slowest: Math.round(Math.max(...done.map(({ from, to }) => to - from))),
  }
}

/** Whether the server answered long enough in the time that a call had. @param {Done} call @param {Round} round */
function fits({ from }, { down, up }) {
  const end = from + DEADLINE
  return Math.max(0, down - from) + Math.max(0, end - Math.max(up, from)) >= FITS
}
