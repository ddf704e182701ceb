import { percentile } from './statistics.mjs'

/** Reads between two looks at the clock; a power of two. */
const BATCH = 32

/**
 * Awaits one read after the other in a tight loop, as a caller does who needs one row to ask for the next. Counted per
 * second of the clock, and per second of processor time of the whole process, its threads for garbage included: what
 * one core of one's own would do, whoever else wants the machine.
 *
 * @param {(id: number) => Promise<unknown>} read
 * @param {{ ids: readonly number[], millis: number }} load the number of ids is a power of two
 * @returns {Promise<{ perSecond: number, perCpuSecond: number, reads: number }>}
 */
export async function sequentialCalls(read, { ids, millis }) {
  const mask = ids.length - 1
  const cpu = cpuSeconds()
  const start = performance.now()
  let reads = 0
  let now = start
  while (now < start + millis) {
    for (let index = 0; index < BATCH; index++)
      await read(/** @type {number} */ (ids[(reads + index) & mask]))
    reads += BATCH
    now = performance.now()
  }
  return { perSecond: (reads * 1_000) / (now - start), perCpuSecond: reads / (cpuSeconds() - cpu), reads }
}

/** Processor time that the process has used. */
function cpuSeconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/**
 * The time of each of some sequential reads, in microseconds. The clock's own time is included.
 *
 * @param {(id: number) => Promise<unknown>} read
 * @param {{ ids: readonly number[], calls: number, millis: number }} load whatever limit is reached first; the number
 *   of ids is a power of two
 */
export async function callLatency(read, { ids, calls, millis }) {
  const mask = ids.length - 1
  const micros = new Float64Array(calls)
  const end = performance.now() + millis
  let reads = 0
  for (let before = performance.now(); reads < calls && before < end; ) {
    await read(/** @type {number} */ (ids[reads & mask]))
    const after = performance.now()
    micros[reads++] = (after - before) * 1_000
    before = after
  }
  const measured = micros.subarray(0, reads)
  return { p50: percentile(measured, 0.5), p99: percentile(measured, 0.99), reads }
}
