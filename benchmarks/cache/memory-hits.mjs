import { countLoads } from '../measure/loads.mjs'
import { shuffledRounds } from '../measure/rounds.mjs'
import { median } from '../measure/statistics.mjs'
import { RIVAL_NAMES } from '../rivals/rival.mjs'
import { withContenders } from './bench.mjs'
import { IDS, idsOf } from './data.mjs'

/**
 * @typedef {{ label: string, perSecond: number, perCpuSecond: number, p50: number, p99: number, isolates: boolean, keepsTypes: boolean,
 *   slices: number[] }} MemoryHits latencies in microseconds; the slices are per second of processor time
 */

const LATENCY_CALLS = 5_000

/**
 * Hits in process: one caller that awaits one read after the other.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @returns {Promise<MemoryHits[]>}
 */
export async function measureMemoryHits({ pace, admin, urls }) {
  const wanted = RIVAL_NAMES.map(name => ({ label: name, name, tier: /** @type {const} */ ('memory') }))
  const ids = idsOf({ ...IDS.hot, count: 64 })
  return withContenders(wanted, urls, async contenders => {
    const copies = new Map()
    for (const [label, contender] of contenders) {
      await contender.call('versions', { ids })
      await contender.call('warmUp', { ids, concurrency: 1, millis: pace.warmUpMillis })
      copies.set(label, await contender.call('copies', { id: IDS.warmUp.from }))
    }
    const before = await countLoads(admin)
    const results = await shuffledRounds([...contenders.keys()], {
      rounds: pace.rounds,
      slice: async label => {
        const contender = /** @type {import('../measure/contender.mjs').Contender} */ (contenders.get(label))
        const millis = pace.sliceMillis
        const rates = await contender.call('sequential', { ids, millis })
        const latency = await contender.call('latency', { ids, calls: LATENCY_CALLS, millis })
        return { ...latency, ...rates, reads: rates.reads + latency.reads }
      },
    })
    const { none = [], ...cached } = Object.fromEntries(results)
    const loads = (await countLoads(admin)) - before - readsOf(none)
    expectHits({ loads, reads: readsOf(Object.values(cached).flat()) })
    return [...results].map(([label, slices]) => ({
      label,
      ...summary(slices),
      ...copies.get(label),
    }))
  })
}

/** @param {{ perSecond: number, perCpuSecond: number, p50: number, p99: number }[]} slices */
function summary(slices) {
  return {
    perSecond: median(slices.map(({ perSecond }) => perSecond)),
    perCpuSecond: median(slices.map(({ perCpuSecond }) => perCpuSecond)),
    p50: median(slices.map(({ p50 }) => p50)),
    p99: median(slices.map(({ p99 }) => p99)),
    slices: slices.map(({ perCpuSecond }) => perCpuSecond),
  }
}

/** @param {readonly { reads: number }[]} slices */
export function readsOf(slices) {
  return slices.reduce((sum, { reads }) => sum + reads, 0)
}

/**
 * A benchmark of hits in which rows are loaded measured something else. A few are no harm: whoever waits for Redis
 * with a limit goes to the database when a busy machine lets Redis wait.
 *
 * @param {{ loads: number, reads: number }} counted
 * @throws {Error} when more than one read in a hundred was no hit
 */
export function expectHits({ loads, reads }) {
  if (loads > reads / 100)
    throw new Error(`Hits were to be measured, but ${loads} of ${reads} reads were none.`)
}
