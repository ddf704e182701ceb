import { createDigis } from '@holdfast/digis'
import { median } from '../measure/statistics.mjs'
import { runSlice } from '../measure/throughput.mjs'

/**
 * @typedef {'off' | 'process' | 'redis'} Mode
 * @typedef {Record<Mode, number>} Millis
 * @typedef {{ name: string, millis: Millis, lower: { process: number, redis: number } }} MeasuredFunction
 *   median milliseconds of a call, and by how many percent the cached ones take less
 */

const MODES = /** @type {const} */ (['off', 'process', 'redis'])
const LOAD = { concurrency: 8, millis: 40 }

/** @type {Record<string, (digis: import('@holdfast/digis').Digis, people: import('./people.mjs').People) => Promise<unknown>>} */
const FUNCTIONS = {
  getUserById: (digis, { fans }) => digis.getUserById(fans[0]?.id ?? 1),
  getCreators: digis => digis.getCreators(),
  listCreators: digis => digis.listCreators(),
  searchCreators: digis => digis.searchCreators('salsa'),
  getSessionById: (digis, { meetings }) => digis.getSessionById(meetings[0]?.id ?? 1),
  getUserSessions: (digis, { creators }) => digis.getUserSessions(creators[0]?.id ?? 1),
  getActiveSessions: (digis, { creators }) => digis.getActiveSessions(creators[0]?.id ?? 1),
  getPaymentHistory: (digis, { creators }) => digis.getPaymentHistory(creators[0]?.id ?? 1),
  getCreatorEarnings: (digis, { creators }) => digis.getCreatorEarnings(creators[0]?.id ?? 1),
}

/**
 * Each function of the module, without HTTP: a hit beside the same call to the database.
 *
 * @param {{ databaseUrl: string, redisUrl: string, people: import('./people.mjs').People, rounds: number }} options
 * @returns {Promise<MeasuredFunction[]>}
 */
export async function measureFunctions({ databaseUrl, redisUrl, people, rounds }) {
  const connection = { connectionString: databaseUrl, max: 8 }
  const instances = {
    off: createDigis(connection),
    process: createDigis({ ...connection, cache: true }),
    redis: createDigis({ ...connection, cache: { redis: redisUrl } }),
  }
  await instances.redis.testConnection()
  while (!instances.redis.getPoolStats().cacheEnabled) await new Promise(resolve => setTimeout(resolve, 5))
  try {
    const measured = []
    for (const [name, call] of Object.entries(FUNCTIONS)) {
      const task = (/** @type {Mode} */ mode) => () => call(instances[mode], people)
      measured.push(summary(name, await compare(task, rounds)))
    }
    return measured
  } finally {
    await Promise.all(Object.values(instances).map(digis => digis.end()))
  }
}

/** @param {(mode: Mode) => () => Promise<unknown>} task @param {number} rounds */
async function compare(task, rounds) {
  for (const mode of MODES) await runSlice(task(mode), LOAD)
  /** @type {Record<Mode, number>[]} */
  const results = []
  while (results.length < rounds) {
    const order = results.length % 2 === 0 ? MODES : [...MODES].reverse()
    const result = { off: 0, process: 0, redis: 0 }
    for (const mode of order) result[mode] = median((await runSlice(task(mode), LOAD)).latencies)
    results.push(result)
  }
  return results
}

/** @param {string} name @param {Record<Mode, number>[]} results @returns {MeasuredFunction} */
function summary(name, results) {
  /** @param {Mode} mode */
  const millis = mode => median(results.map(result => result[mode]))
  /** @param {'process' | 'redis'} mode */
  const lower = mode => 100 * (1 - median(results.map(result => result[mode] / result.off)))
  return {
    name,
    millis: { off: millis('off'), process: millis('process'), redis: millis('redis') },
    lower: { process: lower('process'), redis: lower('redis') },
  }
}
