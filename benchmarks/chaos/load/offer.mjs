/**
 * A call as it went. Times are milliseconds of the machine's clock.
 *
 * @typedef {{ kind: string, op?: string, from: number, to: number, error?: string }} Done
 */

/** The clock that all processes of a machine share, in milliseconds. */
export function machineMillis() {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000
}

/**
 * Offers so many calls per second, whether earlier ones have ended or not: nobody is called less often because it is
 * slow, or more often because it fails quickly. Resolves when the last one has ended.
 *
 * @param {() => import('./calls.mjs').Call} next
 * @param {{ perSecond: number, millis: number }} load
 * @returns {Promise<Done[]>}
 */
export function offer(next, { perSecond, millis }) {
  const began = machineMillis()
  /** @type {Promise<Done>[]} */
  const calls = []
  return new Promise(resolve => {
    const timer = setInterval(() => {
      const passed = machineMillis() - began
      const due = Math.floor((Math.min(passed, millis) * perSecond) / 1_000)
      while (calls.length < due) calls.push(make(next()))
      if (passed < millis) return
      clearInterval(timer)
      resolve(Promise.all(calls))
    }, 5)
  })
}

/**
 * Makes so many calls at the same moment.
 *
 * @param {() => import('./calls.mjs').Call} next
 * @param {{ count: number }} load
 * @returns {Promise<Done[]>}
 */
export function burst(next, { count }) {
  return Promise.all(Array.from({ length: count }, () => make(next())))
}

/**
 * A fixed number of callers, each of whom calls again when it has its answer.
 *
 * @param {() => import('./calls.mjs').Call} next
 * @param {{ callers: number, millis: number }} load
 * @returns {Promise<Done[]>}
 */
export async function repeat(next, { callers, millis }) {
  const end = machineMillis() + millis
  /** @type {Done[]} */
  const done = []
  const caller = async () => {
    while (machineMillis() < end) done.push(await make(next()))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return done
}

/** @param {import('./calls.mjs').Call} call @returns {Promise<Done>} */
async function make({ kind, op, run }) {
  const from = machineMillis()
  const error = await run().then(() => undefined, nameOf)
  return {
    kind,
    ...(op !== undefined && { op }),
    from,
    to: machineMillis(),
    ...(error !== undefined && { error }),
  }
}

/** What a failure is counted under: its code, or the words by which pg's pool tells its own. @param {any} error */
function nameOf(error) {
  return String(error.code ?? error.message)
}
