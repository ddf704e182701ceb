/**
 * @typedef {import('./mix.mjs').Call} Call
 * @typedef {{ kind: string, isRead: boolean, millis: number, at: number }} Served
 * @typedef {{ served: Served[], failures: string[], queries: number, queryMillis: number, hitPercent: number, seconds: number }} Load
 */

/**
 * Lets one service answer so many calls, or for so long, and asks what that took of its database. Each caller calls
 * again when it has its answer.
 *
 * @param {import('./service.mjs').Service} service
 * @param {() => Call} next
 * @param {{ concurrency: number, calls?: number, millis?: number }} limits
 * @returns {Promise<Load>}
 */
export async function runLoad(
  { client, counters },
  next,
  { concurrency, calls = Number.POSITIVE_INFINITY, millis },
) {
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
  // What another one left behind must not be collected now.
  globalThis.gc?.()
  const start = performance.now()
  const end = start + (millis ?? Number.POSITIVE_INFINITY)
  let begun = 0
  const caller = async () => {
    while (begun < calls && performance.now() < end) {
      begun++
      await task()
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  const seconds = (performance.now() - start) / 1_000
  const after = await counters()
  const [hits, misses] = [after.cache.hits - before.cache.hits, after.cache.misses - before.cache.misses]
  return {
    served,
    failures,
    queries: after.queries - before.queries,
    queryMillis: after.queryMillis - before.queryMillis,
    hitPercent: hits + misses === 0 ? 0 : (100 * hits) / (hits + misses),
    seconds,
  }
}
