/**
 * A process of its own: opens connections in one pool and sends what each costs while idle, in bytes, to its parent.
 * Arguments: the contender and the number of connections. Needs `--expose-gc` and `DATABASE_URL`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../pools.mjs'

const [contender = '', count = ''] = process.argv.slice(2)
const connections = Number(count)
const connectionString = process.env.DATABASE_URL ?? ''

const pool = await createPool(/** @type {import('../pools.mjs').PoolName} */ (contender), {
  connectionString,
  max: connections + 1,
  idleTimeoutMillis: 0,
})
// The first connection loads code and fills caches that all others share.
await use(1)
const before = await memory()
await use(connections + 1)
const after = await memory()
process.send?.(
  Object.fromEntries(
    Object.entries(after).map(([name, bytes]) => [name, (bytes - (before[name] ?? 0)) / connections]),
  ),
)
await pool.end()
process.disconnect?.()

/** Opens connections until there are `wanted`, uses each once, and gives all back. @param {number} wanted */
async function use(wanted) {
  const clients = await Promise.all(Array.from({ length: wanted }, () => pool.connect()))
  await Promise.all(clients.map(client => client.query('SELECT $1::int', [1])))
  for (const client of clients) client.release()
}

/** @returns {Promise<Record<string, number>>} bytes, after everything that can be collected is */
async function memory() {
  for (let round = 0; round < 4; round++) {
    await delay(50)
    globalThis.gc?.()
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  // `external` already contains the array buffers.
  return { total: heapUsed + external, heapUsed, external, arrayBuffers, rss }
}
