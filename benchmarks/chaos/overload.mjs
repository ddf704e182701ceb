import { fork } from 'node:child_process'
import { percentile } from '../measure/statistics.mjs'

/** @typedef {import('./overload-process.mjs').Ended} Ended */
/** @typedef {import('./overload-process.mjs').Order} Order */
/** @typedef {{ capacity: number, alone: { offered: number, ended: Ended[] }, loaded: { offered: number, ended: Ended[] } }} Run */
/** @typedef {{ p50: number, p99: number }} Latencies */
/**
 * What a pool did with more calls than its database can serve. Rates in calls a second, latencies in milliseconds.
 *
 * `goodput`: answers within the deadline. `shedLatencyP99`: how long a call that was turned away waited for that, once the
 * overload was recognised; `onsetShedLatencyP99`: and in the first second.
 *
 * @typedef {{ capacity: number, offered: number, goodput: number, goodputShare: number, shed: number, shedLatencyP50: number,
 *   shedLatencyP99: number, onsetShedLatencyP99: number, latency: Latencies, criticalFailed: number,
 *   criticalAlone: Latencies, criticalLoaded: Latencies, criticalOnset: Latencies, errors: Record<string, number> }} Overload
 */

const FACTOR = 3
const DEADLINE_MILLIS = 1_000
const ONSET_MILLIS = 1_500

/**
 * Offers three times as many calls as a database can serve through ten connections, in an open loop: callers do not wait
 * for each other, as users do not. First pg's pool, then ours, in turns and in processes of their own.
 *
 * @param {{ url: string, seconds?: number, seed?: number, rounds?: number, sleep?: number, overload?: object }} options
 *   `seconds` of each load; `sleep`: what a statement takes, in milliseconds; `overload`: the option of our pool
 * @returns {Promise<{ pg: Overload, holdfast: Overload }>} the medians of the rounds
 */
export async function measureOverload({ url, seconds = 5, seed = 1, rounds = 1, sleep = 5, overload }) {
  /** @type {Record<'pg' | 'holdfast', Overload[]>} */
  const found = { pg: [], holdfast: [] }
  for (let round = 0; round < rounds; round++) {
    for (const contender of /** @type {const} */ (['pg', 'holdfast'])) {
      const order = { contender, seconds, factor: FACTOR, seed: seed + round, sleep, max: 10, overload }
      const run = await runProcess(url, { ...order, deadline: DEADLINE_MILLIS })
      found[contender].push(judge(run, seconds))
    }
  }
  return { pg: middleOf(found.pg), holdfast: middleOf(found.holdfast) }
}

/**
 * @param {string} url
 * @param {Order} order
 * @returns {Promise<Run>}
 */
function runProcess(url, order) {
  const file = new URL('./overload-process.mjs', import.meta.url)
  const env = { ...process.env, DATABASE_URL: url }
  const child = fork(file, [JSON.stringify(order)], { env, serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.on('message', message => resolve(/** @type {Run} */ (message)))
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`the process of ${order.contender} ended with ${code}`)))
  })
}

/**
 * @param {Run} run
 * @param {number} seconds
 * @returns {Overload}
 */
function judge({ capacity, alone, loaded }, seconds) {
  const { ended } = loaded
  const answered = ended.filter(({ error }) => error === undefined)
  const good = answered.filter(({ millis }) => millis <= DEADLINE_MILLIS)
  const shed = ended.filter(({ error }) => error !== undefined)
  const later = shed.filter(({ at }) => at >= ONSET_MILLIS)
  const goodput = good.length / seconds
  return {
    capacity,
    offered: loaded.offered / seconds,
    goodput,
    goodputShare: goodput / capacity,
    shed: shed.length / seconds,
    shedLatencyP50: percentile(later.map(millisOf), 0.5),
    shedLatencyP99: percentile(later.map(millisOf), 0.99),
    onsetShedLatencyP99: percentile(shed.filter(({ at }) => at < ONSET_MILLIS).map(millisOf), 0.99),
    latency: latencies(answered),
    criticalFailed: ended.filter(({ critical, error }) => critical && error !== undefined).length,
    criticalAlone: latencies(alone.ended.filter(({ critical }) => critical)),
    criticalLoaded: latencies(answered.filter(({ critical, at }) => critical && at >= ONSET_MILLIS)),
    criticalOnset: latencies(answered.filter(({ critical, at }) => critical && at < ONSET_MILLIS)),
    errors: Object.fromEntries(
      [...new Set(shed.map(({ error }) => error ?? ''))].map(reason => [
        reason,
        shed.filter(({ error }) => error === reason).length,
      ]),
    ),
  }
}

/** @param {Ended} call */
const millisOf = ({ millis }) => millis

/** @param {Ended[]} calls @returns {Latencies} */
function latencies(calls) {
  const millis = calls.map(millisOf)
  return { p50: percentile(millis, 0.5), p99: percentile(millis, 0.99) }
}

/** The round with the middle share. @param {Overload[]} rounds */
function middleOf(rounds) {
  const sorted = [...rounds].sort((a, b) => a.goodputShare - b.goodputShare)
  return /** @type {Overload} */ (sorted[Math.floor(sorted.length / 2)])
}
