import { createClient } from '@redis/client'
import { shuffledRounds } from '../measure/rounds.mjs'
import { median } from '../measure/statistics.mjs'
import { runSlice, warmUp } from '../measure/throughput.mjs'
import { openDatabase } from '../rivals/database.mjs'
import { open } from '../rivals/holdfast.mjs'
import { IDS } from './data.mjs'

/**
 * @typedef {{ plain: number, ping: number, miss: number, ratio: number, spread: [number, number], kept: number }} Misses
 *   medians in milliseconds; `ratio` is that of a miss to a plain query and a ping together; `kept` is the share of
 *   misses that were kept
 */

/**
 * What a miss costs more than the query it cannot avoid and the question to Redis that it cannot avoid either. One
 * caller; every key is new.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @returns {Promise<Misses>}
 */
export async function measureMisses({ pace, urls, forget }) {
  await forget()
  const database = openDatabase(urls.connectionString)
  const redis = createClient({ url: urls.redis })
  await redis.connect()
  const ours = await open({ ...urls, tier: 'both' })
  const statuses = new Map()
  let [next, other] = [IDS.missed.from, IDS.missed.from + IDS.missed.count / 2]
  const tasks = {
    plain: () => database.load(other++),
    ping: () => redis.ping(),
    miss: async () => {
      const { cache } = /** @type {any} */ (await ours.read(next++))
      statuses.set(cache.status, (statuses.get(cache.status) ?? 0) + 1)
    },
  }
  try {
    return { ...(await compare(tasks, pace)), kept: shareOf(statuses) }
  } finally {
    redis.destroy()
    await Promise.all([database.end(), ours.close()])
  }
}

/**
 * @param {Record<'plain' | 'ping' | 'miss', () => Promise<unknown>>} tasks
 * @param {import('./bench.mjs').Pace} pace
 */
async function compare(tasks, { rounds, sliceMillis, warmUpMillis }) {
  /** @param {string} name */
  const slice = async name => {
    const task = tasks[/** @type {keyof typeof tasks} */ (name)]
    return median((await runSlice(task, { concurrency: 1, millis: sliceMillis })).latencies)
  }
  const names = Object.keys(tasks)
  for (const task of Object.values(tasks)) await warmUp(task, { concurrency: 1, millis: 2 * warmUpMillis })
  const results = await shuffledRounds(names, { rounds, slice })
  const [plain = [], ping = [], miss = []] = names.map(name => results.get(name))
  const ratios = miss.map((value, round) => value / ((plain[round] ?? 0) + (ping[round] ?? 0)))
  return {
    ...{ plain: median(plain), ping: median(ping), miss: median(miss), ratio: median(ratios) },
    spread: /** @type {[number, number]} */ ([Math.min(...ratios), Math.max(...ratios)]),
  }
}

/** @param {Map<string, number>} statuses */
function shareOf(statuses) {
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  return (statuses.get('miss') ?? 0) / total
}
