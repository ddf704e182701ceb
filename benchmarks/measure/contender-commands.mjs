import { versionOf } from '../cache/data.mjs'
import { contend } from './contention.mjs'
import { callLatency, sequentialCalls } from './sequential.mjs'
import { percentile } from './statistics.mjs'
import { runSlice, warmUp } from './throughput.mjs'

/**
 * @typedef {import('../rivals/rival.mjs').Session} Session
 * @typedef {ReturnType<typeof commandsOf>} Commands
 */

/**
 * What the process of a contender can be told to do.
 *
 * @param {Session} session
 */
export function commandsOf(session) {
  const { read, rowOf = row => row, write } = session
  /** @param {number} id */
  const readVersion = async id => versionOf(rowOf(await read(id)))
  return {
    /** Answered once the session is open. @param {object} _ */
    ready: async _ => undefined,
    /** @param {{ ids: number[] }} argument */
    versions: ({ ids }) => Promise.all(ids.map(readVersion)),
    /** @param {{ ids: number[] }} argument */
    write: ({ ids }) => Promise.all(ids.map(id => write(id))),
    /** Sequential reads, one awaited after the other. @param {{ ids: number[], millis: number }} argument */
    sequential: ({ ids, millis }) => sequentialCalls(read, { ids, millis }),
    /** @param {{ ids: number[], calls: number, millis: number }} argument */
    latency: load => callLatency(read, load),
    /** @param {{ ids: number[], concurrency: number, millis: number }} argument */
    async warmUp({ ids, ...load }) {
      let next = 0
      await warmUp(() => read(ids[next++ % ids.length] ?? 0), load)
    },
    /** @param {{ ids: number[], concurrency: number, millis: number }} argument */
    async concurrent({ ids, ...load }) {
      let next = 0
      const slice = await runSlice(() => read(ids[next++ % ids.length] ?? 0), load)
      const { perSecond, latencies, cpuMicros } = slice
      return { perSecond, reads: latencies.length, cpuMicros, p99: percentile(latencies, 0.99) }
    },
    /** Identical reads of one row, all at the same time. @param {{ id: number, count: number, at: bigint }} argument */
    async stampede({ id, count, at }) {
      await until(at)
      await Promise.all(Array.from({ length: count }, () => read(id)))
    },
    /** @param {import('./contention.mjs').ContentionLoad} load */
    contend: load => contend({ readVersion, write }, load),
    /** @param {{ id: number }} argument */
    copies: ({ id }) => copies(async () => rowOf(await read(id))),
  }
}

/**
 * Whether callers are safe from each other, and whether a hit has the types of a miss.
 *
 * @param {() => Promise<any>} read
 */
async function copies(read) {
  await read()
  const first = await read()
  first.name = 'changed by a caller'
  first.settings.theme = 'changed by a caller'
  const { name, settings, created } = await read()
  return {
    isolates: name !== first.name && settings.theme !== first.settings.theme,
    keepsTypes: created instanceof Date,
  }
}

/** Waits until a moment of the clock that all processes of a machine share. @param {bigint} moment */
async function until(moment) {
  while (process.hrtime.bigint() < moment) await new Promise(resolve => setImmediate(resolve))
}
