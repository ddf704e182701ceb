import { runSlice } from '../measure/throughput.mjs'

/**
 * @typedef {import('./mix.mjs').Call} Call
 * @typedef {{ kind: string, isRead: boolean, millis: number, at: number }} Served
 * @typedef {{ served: Served[], failures: string[], queries: number, queryMillis: number, hitPercent: number }} Load
 */

/**
 * Lets one service answer for a while, and asks what that took of its database.
 *
 * @param {import('./service.mjs').Service} service
 * @param {() => Call} next
 * @param {{ concurrency: number, millis: number }} load
 * @returns {Promise<Load>}
 */
export async function runLoad({ client, counters }, next, load) {
  /** @type {Served[]} */
  const served = []
  /** @type {string[]} */
  const failures = []
  const task = async () => {
    const { kind, isRead, ...request } = next()
    const began = performance.now()
    const status = await client.send(request).then(
      answer => answer.status,
      error => error.message,
    )
    const at = performance.now()
    served.push({ kind, isRead, millis: at - began, at })
    if (!(status >= 200 && status < 300)) failures.push(`${request.method} ${request.path}: ${status}`)
  }
  const before = await counters()
  await runSlice(task, load)
  const after = await counters()
  return {
    served,
    failures,
    queries: after.queries - before.queries,
    queryMillis: after.queryMillis - before.queryMillis,
    hitPercent: after.cache.hitPercent,
  }
}
