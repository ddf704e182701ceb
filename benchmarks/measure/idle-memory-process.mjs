/**
 * A process of its own: opens connections in one pool and sends what each costs while idle, in bytes, to its parent.
 * Arguments: the contender and the number of connections. Needs `--expose-gc` and `DATABASE_URL`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createPool } from '../pools.mjs'

const [contender = '', count = ''] = process.argv.slice(2)
const connections = Number(count)
const first = Math.ceil(connections / 4)
const connectionString = process.env.DATABASE_URL ?? ''

const pool = await createPool(/** @type {import('../pools.mjs').PoolName} */ (contender), {
  connectionString,
  max: first + connections,
})
// What a process pays once (code, caches, the first growth of tables) is paid before the first measurement.
for (let round = 0; round < 5; round++) await use(first)
const before = await memory()
await use(first + connections)
await use(first + connections)
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

/** @returns {Promise<Record<string, number>>} bytes, once collecting garbage frees nothing more */
async function memory() {
  let usage = process.memoryUsage()
  for (let unchanged = 0; unchanged < 5; ) {
    await delay(40)
    globalThis.gc?.()
    const next = process.memoryUsage()
    unchanged = usage.heapUsed - next.heapUsed < 1024 ? unchanged + 1 : 0
    usage = next
  }
  const { heapUsed, external, arrayBuffers, rss } = usage
  // `external` already contains the array buffers.
  return { total: heapUsed + external, heapUsed, external, arrayBuffers, rss }
}
