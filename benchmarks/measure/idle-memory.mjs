import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { median } from './statistics.mjs'

/** @typedef {{ total: number, heapUsed: number, external: number, arrayBuffers: number, rss: number }} IdleMemory */

/** What connections hold is data: compiled code comes and goes by the engine's own reasons, and is kept out of the sum. */
const ENGINE = ['--expose-gc', '--no-opt', '--no-flush-bytecode']

const CHILD = fileURLToPath(new URL('idle-memory-process.mjs', import.meta.url))

/**
 * What one idle connection costs in a fresh process that holds nothing else, in bytes.
 *
 * @param {import('../pools.mjs').PoolName} contender
 * @param {{ url: string, connections: number }} setup
 * @returns {Promise<IdleMemory>}
 * @throws {Error} when the process ends without an answer
 */
export async function measureIdleMemory(contender, { url, connections }) {
  const child = fork(CHILD, [contender, String(connections)], {
    execArgv: ENGINE,
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  /** @type {IdleMemory | undefined} */
  let answer
  child.on('message', message => {
    answer = /** @type {IdleMemory} */ (message)
  })
  const [code] = await once(child, 'exit')
  if (answer === undefined || code !== 0)
    throw new Error(`Measuring ${contender} failed with exit code ${code}.`)
  return answer
}

/** @param {readonly IdleMemory[]} measurements @returns {IdleMemory} the median of each number */
export function typicalMemory(measurements) {
  /** @param {keyof IdleMemory} name */
  const middle = name => median(measurements.map(measurement => measurement[name]))
  return {
    total: middle('total'),
    heapUsed: middle('heapUsed'),
    external: middle('external'),
    arrayBuffers: middle('arrayBuffers'),
    rss: middle('rss'),
  }
}
