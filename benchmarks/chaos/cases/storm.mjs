/**
 * More processes want connections than the server has, all at the same moment: at the start, and when the server is back
 * after an outage. How many calls get no connection?
 *
 * Promised: at least 95 % fewer than plain pg. A call that got none is one that was refused for want of a slot, or waited
 * in vain; what fails while the server is away is counted by `restart`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom, startPostgres } from '@holdfast/testkit'
import pg from 'pg'
import { SCHEMA } from '../load/calls.mjs'
import { Contender } from '../load/contender.mjs'
import { machineMillis } from '../load/offer.mjs'
import { countBy } from '../run/judge.mjs'
import { readCaseOptions } from '../run/options.mjs'
import { fewer, publishCase } from '../run/outcome.mjs'

/** @typedef {import('../load/offer.mjs').Done} Done */
/** @typedef {{ name: string, phase: 'start' | 'outage', done: Done[] }} Phase */

const NAMES = ['pg', 'holdfast']
const PROCESSES = 4
/** Four pools of twenty want eighty connections of thirty. */
const SLOTS = { max_connections: 33, superuser_reserved_connections: 3 }
const DEADLINE = 5_000
const POOL = { max: 20, connectionTimeoutMillis: DEADLINE, deadline: DEADLINE }
const BURST = 250
/** Of each process; well below what the server can do. */
const LOAD = { perSecond: 50, millis: 3_500 }
const DOWN_AFTER = 500
const AWAY = 1_000

const options = readCaseOptions(process.argv.slice(2))
const random = seededRandom(options.seed)
const server = await startPostgres({ settings: SLOTS })
try {
  publish(await measure(options.quick ? 1 : 4))
} finally {
  await server[Symbol.asyncDispose]()
}

/** @param {number} rounds @returns {Promise<Phase[]>} */
async function measure(rounds) {
  const setup = new pg.Client(server.url)
  await setup.connect()
  await setup.query(SCHEMA)
  await setup.end()
  /** @type {Phase[]} */
  const phases = []
  for (let round = 0; round < rounds; round++) {
    for (const name of random.shuffle(NAMES)) phases.push(...(await storm(name)))
  }
  return phases
}

/** New processes each time: a storm at the start has no connections yet. @param {string} name @returns {Promise<Phase[]>} */
async function storm(name) {
  const all = await Promise.all(
    Array.from({ length: PROCESSES }, () =>
      Contender.start(name, { connectionString: server.url, seed: random.int(0, 0xffffffff), ...POOL }),
    ),
  )
  try {
    const start = (await Promise.all(all.map(each => each.burst({ count: BURST })))).flat()
    const load = Promise.all(all.map(each => each.offer(LOAD)))
    await delay(DOWN_AFTER)
    await server.stop({ mode: 'immediate' })
    await delay(AWAY)
    await server.start()
    const up = machineMillis()
    // Everybody calls again in the moment in which somebody notices that it is back.
    const back = (await Promise.all(all.map(each => each.burst({ count: BURST })))).flat()
    const after = (await load).flat().filter(({ from }) => from >= up)
    return [
      { name, phase: 'start', done: start },
      { name, phase: 'outage', done: [...back, ...after] },
    ]
  } finally {
    await Promise.all(all.map(each => each.stop()))
  }
}

/** @param {Phase[]} phases */
function publish(phases) {
  const details = Object.fromEntries(
    NAMES.map(name => [name, summary(phases.filter(phase => phase.name === name))]),
  )
  const of = (/** @type {string} */ name, /** @type {'start' | 'outage'} */ phase) =>
    details[name]?.[phase]?.failed ?? 0
  const claims = /** @type {const} */ (['start', 'outage']).map(phase => {
    const counts = { pg: of('pg', phase), holdfast: of('holdfast', phase) }
    return {
      fault: phase === 'start' ? 'connection storm at start' : 'connection storm after an outage',
      measured: `calls of ${details.holdfast?.[phase].calls} that got no connection`,
      pg: String(counts.pg),
      holdfast: String(counts.holdfast),
      ...fewer({ ...counts, least: 0.95 }),
    }
  })
  publishCase('storm', { claims, details, json: options.json })
}

/** @param {Phase[]} phases of one contender */
function summary(phases) {
  const of = (/** @type {Phase['phase']} */ wanted) => {
    const done = phases.filter(({ phase }) => phase === wanted).flatMap(phase => phase.done)
    const failed = done.filter(({ error }) => error !== undefined)
    return {
      calls: done.length,
      failed: failed.length,
      errors: countBy(failed, ({ error }) => String(error)),
      slowest: Math.round(Math.max(...done.map(({ from, to }) => to - from))),
    }
  }
  return { start: of('start'), outage: of('outage') }
}
