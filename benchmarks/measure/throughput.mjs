import { percentile } from './statistics.mjs'

/**
 * @typedef {() => Promise<unknown>} Task one operation, from call to answer
 * @typedef {{ perSecond: number, latencies: number[], cpuMicros: number }} Slice latencies in milliseconds; `cpuMicros`:
 *   processor time of this process per task
 * @typedef {{ ours: Slice, theirs: Slice }} Round
 */

/**
 * A full collection of garbage throws away compiled code too: all that counts on the shape of objects of which none is
 * alive at that moment. That happens to no server with calls under way, and compiling again takes so many milliseconds.
 */
const SETTLE_MILLIS = 200

/**
 * Keeps `concurrency` tasks under way for about `millis`, each starting when the one before it has answered. Where
 * garbage can be collected by hand that is done before, and the task then runs unmeasured until it is compiled again.
 *
 * @param {Task} task
 * @param {{ concurrency: number, millis: number }} load
 * @returns {Promise<Slice>}
 */
export async function runSlice(task, { concurrency, millis }) {
  // What one contender left behind must not be collected during the time of the other.
  if (globalThis.gc) {
    globalThis.gc()
    await keepUnderWay(task, { concurrency, millis: SETTLE_MILLIS })
  }
  return keepUnderWay(task, { concurrency, millis })
}

/**
 * @param {Task} task
 * @param {{ concurrency: number, millis: number }} load
 * @returns {Promise<Slice>}
 */
async function keepUnderWay(task, { concurrency, millis }) {
  /** @type {number[]} */
  const latencies = []
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + millis
  const worker = async () => {
    for (let before = performance.now(); before < end; ) {
      await task()
      const after = performance.now()
      latencies.push(after - before)
      before = after
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (latencies.length * 1000) / (performance.now() - start),
    latencies,
    cpuMicros: (user + system) / latencies.length,
  }
}

/** Reads after which the engine has compiled what it will; a slow contender is given up on after some time. */
const WARM_UP = { tasks: 15_000, longest: 5 }

/**
 * Runs a task until it is as fast as it gets: for some time, and on a busy machine for longer.
 *
 * @param {Task} task
 * @param {{ concurrency: number, millis: number }} load
 */
export async function warmUp(task, { concurrency, millis }) {
  let tasks = 0
  for (let time = 0; time < WARM_UP.longest && tasks < WARM_UP.tasks; time++)
    tasks += (await runSlice(task, { concurrency, millis })).latencies.length
}

/**
 * Two slices of each contender in the order A B B A, so that a steady drift of the machine favours neither. Who is A
 * is drawn anew for each round.
 *
 * @param {{ ours: Task, theirs: Task }} tasks
 * @param {{ concurrency: number, millis: number }} load
 * @returns {Promise<Round>}
 */
export async function runRound(tasks, load) {
  /** @type {('ours' | 'theirs')[]} */
  const order = Math.random() < 0.5 ? ['ours', 'theirs'] : ['theirs', 'ours']
  /** @type {{ ours: Slice[], theirs: Slice[] }} */
  const slices = { ours: [], theirs: [] }
  for (const who of [...order, ...[...order].reverse()]) slices[who].push(await runSlice(tasks[who], load))
  return { ours: together(slices.ours), theirs: together(slices.theirs) }
}

/**
 * @param {readonly Slice[]} slices
 * @returns {{ p50: number, p99: number }} milliseconds
 */
export function latencyOf(slices) {
  const all = slices.flatMap(({ latencies }) => latencies)
  return { p50: percentile(all, 0.5), p99: percentile(all, 0.99) }
}

/** @param {readonly Slice[]} slices @returns {Slice} */
function together(slices) {
  const perSecond = slices.reduce((sum, slice) => sum + slice.perSecond, 0) / slices.length
  const cpuMicros = slices.reduce((sum, slice) => sum + slice.cpuMicros, 0) / slices.length
  return { perSecond, latencies: slices.flatMap(({ latencies }) => latencies), cpuMicros }
}
