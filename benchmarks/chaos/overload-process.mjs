/**
 * One pool under more load than its database can serve, in a process of its own. Takes its orders from `overload.mjs`
 * as one argument in JSON, needs `DATABASE_URL`, and answers with one message.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import pg from 'pg'

/** @typedef {{ at: number, millis: number, critical: boolean, error: string | undefined }} Ended */
/** @typedef {{ contender: 'pg' | 'holdfast', seconds: number, factor: number, seed: number, sleep: number, max: number, deadline: number, overload?: object }} Order */

const order = /** @type {Order} */ (JSON.parse(process.argv[2] ?? '{}'))
const random = seededRandom(order.seed)
const sql = `SELECT pg_sleep(${order.sleep / 1_000})`
const pool = openPool()
// Connections that are cut at the end are no news.
pool.on('error', () => {})

/** A critical call now and then: so many a second. */
const CRITICAL_RATE = 40
const CAPACITY_MILLIS = 1_500
const ALONE_MILLIS = 1_500

// A benchmark that is interrupted leaves nobody behind.
process.on('disconnect', () => process.exit(1))
await warmUp()
const capacity = await measureCapacity()
await pause(300)
const alone = await offer({ normal: 0, critical: CRITICAL_RATE }, ALONE_MILLIS)
const normal = order.factor * capacity - CRITICAL_RATE
const loaded = await offer({ normal, critical: CRITICAL_RATE }, order.seconds * 1_000)
process.send?.({ capacity, alone, loaded }, () => process.exit(0))

function openPool() {
  const options = { connectionString: process.env.DATABASE_URL, max: order.max }
  if (order.contender === 'pg') return new pg.Pool(options)
  return new Pool({ ...options, ...(order.overload && { overload: order.overload }) })
}

/** @param {boolean} critical */
function call(critical) {
  if (order.contender === 'pg') return pool.query(sql)
  const extras = { timeout: order.deadline, ...(critical && { priority: 'critical' }) }
  return pool.query(/** @type {any} */ ({ text: sql, ...extras }))
}

async function warmUp() {
  const connect = () =>
    order.contender === 'pg' ? pool.connect() : pool.connect(/** @type {any} */ ({ priority: 'critical' }))
  const clients = await Promise.all(Array.from({ length: order.max }, connect))
  for (const client of clients) client.release()
}

/** Queries a second with every connection busy and few that wait. */
async function measureCapacity() {
  let done = 0
  const start = performance.now()
  const caller = async () => {
    while (performance.now() - start < CAPACITY_MILLIS) {
      await call(true)
      done++
    }
  }
  await Promise.all(Array.from({ length: 2 * order.max }, caller))
  return (done / (performance.now() - start)) * 1_000
}

/**
 * Calls at random instants, whether the ones before have ended or not.
 *
 * @param {{ normal: number, critical: number }} rates calls a second
 * @param {number} millis
 * @returns {Promise<{ offered: number, ended: Ended[] }>} what ended within the time, and as long again as a call may take
 */
async function offer(rates, millis) {
  /** @type {Ended[]} */
  const ended = []
  const start = performance.now()
  let offered = 0
  /** @param {boolean} critical */
  const send = critical => {
    offered++
    const began = performance.now()
    const settle = (/** @type {string | undefined} */ error) => {
      const now = performance.now()
      ended.push({ at: began - start, millis: now - began, critical, error })
    }
    call(critical).then(
      () => settle(undefined),
      error => settle(error.reason ?? error.code ?? error.message),
    )
  }
  const streams = [
    { rate: rates.normal / 1_000, critical: false, due: 0 },
    { rate: rates.critical / 1_000, critical: true, due: 0 },
  ].filter(({ rate }) => rate > 0)
  for (const stream of streams) stream.due = gap(stream.rate)
  for (let now = 0; now < millis; now = performance.now() - start) {
    for (const stream of streams) {
      for (; stream.due < now; stream.due += gap(stream.rate)) send(stream.critical)
    }
    await pause(1)
  }
  await pause(order.deadline)
  return { offered, ended }
}

/** @param {number} rate calls a millisecond @returns {number} milliseconds to the next call of a Poisson process */
function gap(rate) {
  return -Math.log(1 - random.next()) / rate
}
