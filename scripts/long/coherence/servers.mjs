import { FaultProxy, startPostgres, startRedis, WORKLOAD_SCHEMA } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import pg from 'pg'

/** Limits that let a write whose caller is gone end soon: the checker counts on them. */
const LIMITS = { statement_timeout: '5s', lock_timeout: '2s', idle_in_transaction_session_timeout: '5s' }
/** Of Redis: stalls on demand, and eviction of keys that expire only. */
const REDIS_ARGS = ['--enable-debug-command', 'yes', '--maxmemory-policy', 'volatile-lru']

/**
 * The servers of a run, and for each process a proxy to each of them.
 *
 * @typedef {Awaited<ReturnType<typeof startServers>>} Servers
 */

/** @param {import('./options.mjs').Options} options */
export async function startServers({ processes }) {
  const postgres = await startPostgres({ settings: { max_connections: 100, ...LIMITS } })
  const redis = await startRedis({ args: REDIS_ARGS })
  await administer(postgres.url, WORKLOAD_SCHEMA)
  const proxies = await Promise.all(
    Array.from({ length: processes }, async () => ({
      postgres: await FaultProxy.start(postgres.port),
      redis: await FaultProxy.start(redis.port),
    })),
  )
  return {
    postgres,
    redis,
    proxies,
    /** @param {number} index of a process */
    urls: index => ({
      databaseUrl: through(postgres.url, proxies[index]?.postgres),
      redisUrl: through(redis.url, proxies[index]?.redis),
    }),
    async stop() {
      await Promise.all(
        proxies.flatMap(each => [each.postgres[Symbol.asyncDispose](), each.redis[Symbol.asyncDispose]()]),
      )
      await Promise.all([postgres[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()])
    },
  }
}

/**
 * Runs SQL on a connection of its own, past the proxies.
 *
 * @param {string} url
 * @param {string} text
 * @returns {Promise<any[]>} rows
 */
export async function administer(url, text) {
  const client = new pg.Client({ connectionString: url, application_name: 'coherence-admin' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/**
 * Runs commands on a connection to Redis of its own, past the proxies.
 *
 * @param {string} url
 * @param {readonly string[][]} commands
 */
export async function command(url, commands) {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 2_000 } })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const replies = []
    for (const each of commands) replies.push(await client.sendCommand(each))
    return replies
  } finally {
    client.destroy()
  }
}

/** @param {string} url @param {FaultProxy | undefined} proxy */
function through(url, proxy) {
  const changed = new URL(url)
  if (proxy !== undefined) changed.port = String(proxy.port)
  return changed.href
}
