import { shuffledRounds } from '../measure/rounds.mjs'
import { median } from '../measure/statistics.mjs'
import { TcpProxy } from '../measure/tcp-proxy.mjs'
import { loadRival, RIVAL_NAMES } from '../rivals/rival.mjs'
import { IDS, idsOf } from './data.mjs'

/**
 * @typedef {import('../rivals/rival.mjs').Session} Session
 * @typedef {{ label: string, roundTrips: number, millis: number }} Writes medians. `roundTrips`: those completed, with
 *   the database and with Redis, when the caller may go on; `millis`: how long that takes
 */

const WRITES_PER_SLICE = 15
const COUNTED_WRITES = 25

/**
 * What a write of a cached row costs, with what each contender says is to be done after it. `none` is the plain write.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @returns {Promise<Writes[]>}
 */
export async function measureWrites({ pace, urls, forget }) {
  await forget()
  const roundTrips = await countRoundTrips(urls)
  const sessions = await openShared(urls)
  for (const session of sessions.values()) await useAll(session)
  const results = await shuffledRounds([...sessions.keys()], {
    rounds: pace.rounds,
    slice: async label => writeSome(/** @type {Session} */ (sessions.get(label))),
  })
  for (const session of sessions.values()) await session.close()
  return [...results].map(([label, millis]) => ({
    label,
    roundTrips: roundTrips.get(label) ?? Number.NaN,
    millis: median(millis),
  }))
}

/**
 * One write after the other through proxies that count. They run in this process: what they have counted when the
 * caller may go on, the caller waited for.
 *
 * @param {import('./bench.mjs').Bench['urls']} urls
 */
async function countRoundTrips(urls) {
  const proxies = [await TcpProxy.start(urls.connectionString), await TcpProxy.start(urls.redis)]
  const [database, redis] = /** @type {[TcpProxy, TcpProxy]} */ (proxies)
  const sessions = await openShared({ connectionString: database.url, redis: redis.url })
  const counts = new Map()
  for (const [label, session] of sessions) {
    await useAll(session)
    const each = []
    for (const id of idsOf({ ...IDS.written, count: COUNTED_WRITES })) {
      await quiet()
      const before = database.roundTrips + redis.roundTrips
      await session.write(id)
      each.push(database.roundTrips + redis.roundTrips - before)
    }
    counts.set(label, median(each))
  }
  for (const session of sessions.values()) await session.close()
  for (const proxy of proxies) proxy.stop()
  return counts
}

/** Every contender as its documentation sets it up for several processes. @param {import('./bench.mjs').Bench['urls']} urls */
async function openShared(urls) {
  /** @type {Map<string, Session>} */
  const sessions = new Map()
  for (const name of RIVAL_NAMES) {
    const { shared, open } = await loadRival(name)
    if (shared !== undefined) sessions.set(name, await open({ ...urls, tier: shared }))
  }
  return sessions
}

/** Opens connections, and puts into the cache what the writes have to invalidate. @param {Session} session */
async function useAll({ read, write }) {
  const ids = idsOf(IDS.written)
  await Promise.all(ids.map(id => read(id)))
  for (const id of ids.slice(0, 10)) await write(id)
  await Promise.all(ids.map(id => read(id)))
}

/** @param {Session} session @returns {Promise<number>} the median, in milliseconds */
async function writeSome({ write }) {
  const millis = []
  for (let count = 0; count < WRITES_PER_SLICE; count++) {
    const before = performance.now()
    await write(IDS.written.from + count)
    millis.push(performance.now() - before)
  }
  return median(millis)
}

/** Lets what nobody waits for come to its end. */
function quiet() {
  return new Promise(resolve => setTimeout(resolve, 5))
}
