import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from './statistics.mjs'

/**
 * @typedef {{ ids: number[], millis: number, readers: number, writers: number }} ContentionLoad
 * @typedef {{ id: number, version: number, at: number }} Observation `at` in ms of the clock that all processes of a
 *   machine share: of a read its beginning, of a write its acknowledgement
 * @typedef {{ reads: Observation[], writes: Observation[], p50: number }} History `p50` of the reads, in ms
 * @typedef {{ readVersion: (id: number) => Promise<number>, write: (id: number) => Promise<number> }} Access
 */

/** Milliseconds between two operations of one reader or writer: the machine is shared with the servers. */
const PAUSE = { read: 1, write: 3 }

/**
 * Reads and writes a few rows for a while, and says what was read and written when.
 *
 * @param {Access} access
 * @param {ContentionLoad} load
 * @returns {Promise<History>}
 */
export async function contend({ readVersion, write }, { ids, millis, readers, writers }) {
  /** @type {History} */
  const history = { reads: [], writes: [], p50: 0 }
  const end = now() + millis
  const durations = /** @type {number[]} */ ([])
  const reader = async () => {
    for (let at = now(); at < end; at = now()) {
      const id = anyOf(ids)
      const version = await readVersion(id)
      durations.push(now() - at)
      history.reads.push({ id, version, at })
      await delay(PAUSE.read)
    }
  }
  const writer = async () => {
    while (now() < end) {
      const id = anyOf(ids)
      const version = await write(id)
      history.writes.push({ id, version, at: now() })
      await delay(PAUSE.write)
    }
  }
  await Promise.all([...times(readers, reader), ...times(writers, writer)])
  history.p50 = percentile(durations, 0.5)
  return history
}

/** Milliseconds of the monotonic clock of the machine, the same in all processes. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

/** @param {number[]} ids */
function anyOf(ids) {
  return /** @type {number} */ (ids[Math.floor(Math.random() * ids.length)])
}

/** @param {number} count @param {() => Promise<void>} run */
function times(count, run) {
  return Array.from({ length: count }, run)
}
