import { setTimeout as delay } from 'node:timers/promises'
import { Contender } from '../measure/contender.mjs'
import { countLoads } from '../measure/loads.mjs'
import { staleReads } from '../measure/staleness.mjs'
import { TcpProxy } from '../measure/tcp-proxy.mjs'
import { loadRival } from '../rivals/rival.mjs'
import { IDS, idsOf } from './data.mjs'
import { measureRace } from './race.mjs'
import { measureStampedes } from './stampedes.mjs'

/**
 * @typedef {{ processes: Contender[], first: TcpProxy, others: TcpProxy }} Fleet four processes of one contender; the first
 *   reaches the database through a proxy of its own
 * @typedef {{ label: string, tier: string, reads: number, writes: number, stale: number, oldest: number,
 *   readMillis: number, race: import('./race.mjs').Race, stampede: import('./stampedes.mjs').Stampedes }} Coherence
 */

const PROCESSES = 4

/**
 * What several processes of a contender see of each other's writes, and how often they load the same row, one
 * contender after the other: these are counts, not times.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @returns {Promise<Coherence[]>}
 */
export async function measureCoherence(bench) {
  const results = []
  for (const name of bench.pace.fleets) {
    const { shared } = await loadRival(name)
    if (shared === undefined) continue
    await bench.forget()
    const measured = await withFleet(name, { ...bench.urls, tier: shared }, fleet => measure(fleet, bench))
    results.push({ label: name, tier: shared, ...measured })
  }
  return results
}

/** @param {Fleet} fleet @param {import('./bench.mjs').Bench} bench */
async function measure(fleet, { pace, admin }) {
  const stale = await contendInTwo(fleet, pace.contendMillis)
  const race = await measureRace(fleet)
  const stampede = await measureStampedes(fleet, () => countLoads(admin))
  return { ...stale, race, stampede }
}

/**
 * Two processes read and write the same few rows.
 *
 * @param {Fleet} fleet
 * @param {number} millis
 */
async function contendInTwo({ processes }, millis) {
  const load = { ids: idsOf(IDS.contested), millis, readers: 8, writers: 2 }
  const histories = await Promise.all(processes.slice(0, 2).map(each => each.call('contend', load)))
  const writes = histories.flatMap(history => history.writes)
  const reads = histories.flatMap(history => history.reads)
  const readMillis = Math.max(...histories.map(({ p50 }) => p50))
  return { ...staleReads(reads, writes), writes: writes.length, readMillis }
}

/**
 * @template T
 * @param {import('../rivals/rival.mjs').RivalName} name
 * @param {import('../rivals/rival.mjs').Setup} setup
 * @param {(fleet: Fleet) => Promise<T>} run
 */
async function withFleet(name, setup, run) {
  const first = await TcpProxy.start(setup.connectionString)
  const others = await TcpProxy.start(setup.connectionString)
  const urls = Array.from({ length: PROCESSES }, (_, index) => (index === 0 ? first : others).url)
  const processes = await Promise.all(
    urls.map(connectionString => Contender.start(name, { ...setup, connectionString })),
  )
  try {
    // Connections are opened before answers are held back.
    await Promise.all(processes.map(each => each.call('versions', { ids: idsOf(IDS.warmUp) })))
    await delay(20)
    return await run({ processes, first, others })
  } finally {
    await Promise.all(processes.map(each => each.stop()))
    first.stop()
    others.stop()
  }
}
