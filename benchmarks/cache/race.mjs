import { setTimeout as delay } from 'node:timers/promises'
import { IDS, idsOf } from './data.mjs'

/** @typedef {{ raced: number, stale: number }} Race of `raced` rows, how many stay stale */

/** Rows at a time: fewer than the pool has connections, so that all loads run at once. */
const BATCH = 10
/** Milliseconds by which the answers of the database come late, and after which the write begins. */
const LATE = { answer: 60, write: 20 }
/** Milliseconds in which every message between processes has arrived. */
const SETTLED = 150

/**
 * A write and its invalidation land while a load is on its way back: the row that the load brings is outdated when it
 * arrives. A cache that keeps it serves it until it expires.
 *
 * @param {import('./coherence.mjs').Fleet} fleet
 * @returns {Promise<Race>}
 */
export async function measureRace(fleet) {
  const ids = idsOf(IDS.raced)
  const race = { raced: 0, stale: 0 }
  for (let from = 0; from < ids.length; from += BATCH) {
    const { raced, stale } = await raceBatch(fleet, ids.slice(from, from + BATCH))
    race.raced += raced
    race.stale += stale
  }
  return race
}

/** @param {import('./coherence.mjs').Fleet} fleet @param {number[]} ids @returns {Promise<Race>} */
async function raceBatch({ processes, first }, ids) {
  const [reader, writer] = processes
  if (reader === undefined || writer === undefined) throw new Error('Expected two processes.')
  first.delay = LATE.answer
  const loading = reader.call('versions', { ids })
  await delay(LATE.write)
  const written = await writer.call('write', { ids })
  const loaded = await loading
  await delay(LATE.answer)
  first.delay = 0
  await delay(SETTLED)
  const seen = await Promise.all([reader, writer].map(each => each.call('versions', { ids })))
  return {
    raced: loaded.filter((version, index) => version < (written[index] ?? 0)).length,
    stale: written.filter((version, index) => seen.some(versions => (versions[index] ?? 0) < version)).length,
  }
}
