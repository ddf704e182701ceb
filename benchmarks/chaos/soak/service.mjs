import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@holdfast/testkit'
import { SECRET } from '../../digis/service.mjs'
import { request } from './request.mjs'

/** @typedef {{ at: number, heap: number, rss: number }} MemorySample bytes; `at` in milliseconds */

const PROGRAM = fileURLToPath(new URL('../../../apps/api/dist/main.js', import.meta.url))
const MEMORY = new URL('report-memory.mjs', import.meta.url).href
const START_DEADLINE = 60_000
const STOP_DEADLINE = 30_000
export const POOL_MAX = 10
/** The pool's, and the one on which the history of statements is written once a minute. */
export const MOST_CONNECTIONS = POOL_MAX + 1

/** The DIGIS service in a process of its own, as it is deployed. */
export class Service {
  #child
  /** Such as `http://127.0.0.1:3000`. */
  address

  /** @param {import('node:child_process').ChildProcess} child @param {string} address */
  constructor(child, address) {
    this.#child = child
    this.address = address
  }

  /** Resolves once it is ready. @param {{ databaseUrl: string, redisUrl: string }} urls */
  static async start({ databaseUrl, redisUrl }) {
    const port = await freePort()
    const child = spawn(process.execPath, ['--expose-gc', '--import', MEMORY, PROGRAM], {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        DATABASE_URL: databaseUrl,
        DATABASE_POOL_MAX: String(POOL_MAX),
        REDIS_URL: redisUrl,
        PORT: String(port),
        SUPABASE_JWT_SECRET: SECRET,
        LOG_LEVEL: 'fatal',
        RATE_LIMIT: '0',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const service = new Service(child, `http://127.0.0.1:${port}`)
    try {
      await service.#untilReady()
      return service
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  get running() {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What it uses once all garbage is collected. @returns {Promise<MemorySample>} */
  async memory() {
    const answer = once(this.#child, 'message')
    this.#child.send('memory')
    const [used] = await answer
    return { at: performance.now(), ...used }
  }

  /** Whether it ended by itself, and in order, when it was told to. @returns {Promise<boolean>} */
  async stop() {
    if (!this.running) return false
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE)
    const [code] = await ended
    clearTimeout(timer)
    return code === 0
  }

  async #untilReady() {
    const end = performance.now() + START_DEADLINE
    for (;;) {
      const answer = await request(this.address, { path: '/api/health/ready' })
      if (answer.status === 200 && answer.body.cache.status === 'ok') return
      if (performance.now() > end || !this.running) throw new Error('The service did not become ready.')
      await delay(50)
    }
  }
}
