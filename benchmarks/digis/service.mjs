import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '@holdfast/testkit'
import { HttpClient } from './http-client.mjs'
import { signToken } from './people.mjs'

const PROGRAM = fileURLToPath(new URL('../../apps/api/dist/main.js', import.meta.url))
const START_DEADLINE = 15_000
const POLL = 25

/** Signs all tokens of this run. */
export const SECRET = randomBytes(32).toString('base64url')

/**
 * The DIGIS service in a process of its own, as it is deployed.
 *
 * @typedef {{ queries: number, queryMillis: number, cache: { hits: number, misses: number } }} Counters
 * @typedef {{ client: HttpClient, counters: () => Promise<Counters>, stop: () => Promise<void> }} Service
 */

/**
 * @param {string} databaseUrl
 * @param {Record<string, string>} env what decides the cache: `CACHE`, `REDIS_URL`
 * @returns {Promise<Service>}
 */
export async function startService(databaseUrl, env) {
  const port = await freePort()
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      DATABASE_POOL_MAX: '10',
      PORT: String(port),
      SUPABASE_JWT_SECRET: SECRET,
      LOG_LEVEL: 'error',
      RATE_LIMIT: '0',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const client = new HttpClient(port)
  const stop = async () => {
    client.close()
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  try {
    await untilReady(client, env)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return { client, counters: () => countersOf(client), stop }
}

/** @param {HttpClient} client @param {Record<string, string>} env */
async function untilReady(client, env) {
  const wanted = env.CACHE === 'off' ? 'off' : 'ok'
  const end = performance.now() + START_DEADLINE
  for (;;) {
    const answer = await client.send({ method: 'GET', path: '/api/health/ready' }).catch(() => undefined)
    if (answer?.status === 200 && JSON.parse(answer.body).cache.status === wanted) return
    if (performance.now() > end) throw new Error(`The service was not ready in ${START_DEADLINE / 1000} s.`)
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}

/** @param {HttpClient} client @returns {Promise<Counters>} */
async function countersOf(client) {
  const token = signToken({ role: 'service_role' }, SECRET)
  const { body } = await client.send({ method: 'GET', path: '/api/stats', token })
  const { queryMetrics, cache } = JSON.parse(body)
  const { totalQueries: queries, avgDuration } = queryMetrics
  const hits = cache.hits.memory + cache.hits.redis + cache.shared
  return { queries, queryMillis: queries * avgDuration, cache: { hits, misses: cache.misses } }
}
