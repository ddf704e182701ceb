import { percentile } from '../measure/statistics.mjs'
import { runLoad } from './load.mjs'

/**
 * @typedef {import('./service.mjs').Service} Service
 * @typedef {{ requests: number, p50: number, p99: number }} Phase
 * @typedef {{ uncached: Phase, before: Phase, outage: Phase, after: Phase, failures: string[] }} Outage
 */

/**
 * Redis is killed under load and started again: what do callers notice? Beside it the service without a cache under
 * the same load, half of it before and half after, so that a drift of the machine favours neither.
 *
 * @param {{ cached: Service, uncached: Service }} services
 * @param {{ next: () => import('./mix.mjs').Call, redis: import('@holdfast/testkit').RedisServer, concurrency: number, millis: number }} options
 *   milliseconds of each of the three phases
 * @returns {Promise<Outage>}
 */
export async function measureOutage({ cached, uncached }, { next, redis, concurrency, millis }) {
  const half = () => runLoad(uncached, next, { concurrency, millis: millis / 2 })
  const first = await half()
  const began = performance.now()
  const load = runLoad(cached, next, { concurrency, millis: 3 * millis })
  const [killed, started] = await interrupt(redis, millis)
  const { served, failures } = await load
  const second = await half()
  const during = served.filter(({ at, millis: took }) => at >= killed && at - took < started)
  return {
    uncached: phase([...first.served, ...second.served]),
    before: phase(served.filter(({ at }) => at > began && at < killed)),
    outage: phase(during),
    after: phase(served.filter(({ at, millis: took }) => at - took >= started)),
    failures: [...first.failures, ...failures, ...second.failures],
  }
}

/** @param {import('@holdfast/testkit').RedisServer} redis @param {number} millis */
async function interrupt(redis, millis) {
  await pause(millis)
  const killed = performance.now()
  await redis.kill()
  await pause(millis)
  await redis.start()
  return /** @type {const} */ ([killed, performance.now()])
}

/** @param {number} millis */
function pause(millis) {
  return new Promise(resolve => setTimeout(resolve, millis))
}

/** @param {readonly import('./load.mjs').Served[]} served @returns {Phase} */
function phase(served) {
  const latencies = served.map(({ millis }) => millis)
  return { requests: served.length, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}
