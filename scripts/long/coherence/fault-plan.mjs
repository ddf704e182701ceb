import { setTimeout as delay } from 'node:timers/promises'
import { machineTime, seededRandom } from '@holdfast/testkit'
import { FAULT_KINDS } from './fault-kinds.mjs'

/**
 * A fault that happened; `to` is infinite while it lasts.
 *
 * @typedef {{ name: string, redis: 'all' | 'one' | 'none', target: number, from: number, to: number }} Fault
 */

/** Causes faults one after the other, as the seed has it, and remembers them. */
export class FaultPlan {
  /** @type {Fault[]} */
  happened = []
  #stopping = new AbortController()
  /** @type {Promise<void>} */ #running = Promise.resolve()
  /** @type {Pick<import('./fault-kinds.mjs').Scene, 'servers' | 'workers'>} */ #scene
  /** @type {import('./options.mjs').Options} */ #options

  /**
   * @param {import('./options.mjs').Options} options
   * @param {Pick<import('./fault-kinds.mjs').Scene, 'servers' | 'workers'>} scene
   */
  constructor(options, scene) {
    this.#options = options
    this.#scene = scene
  }

  start() {
    if (this.#options.faults.length > 0) this.#running = this.#run()
  }

  /** Resolves when the fault in progress is over. */
  async stop() {
    this.#stopping.abort()
    await this.#running
  }

  /** Faults that were going on at some time between two instants. @param {number} from @param {number} to */
  between(from, to) {
    return this.happened.filter(fault => fault.from <= to && fault.to >= from)
  }

  async #run() {
    const random = seededRandom(this.#options.seed)
    const { signal } = this.#stopping
    // The workers need a moment to fill their caches.
    await delay(2_000, undefined, { signal }).catch(() => undefined)
    while (!signal.aborted) {
      await this.#cause(random)
      await delay(random.int(300, 3_000), undefined, { signal }).catch(() => undefined)
    }
  }

  /** @param {import('@holdfast/testkit').SeededRandom} random */
  async #cause(random) {
    const name = random.pick(this.#options.faults)
    const kind = FAULT_KINDS.find(each => each.name === name)
    if (kind === undefined) return
    const target = random.int(0, this.#options.processes - 1)
    const duration = random.int(100, 2_000)
    const fault = { name, redis: kind.redis, target, from: machineTime(), to: Number.POSITIVE_INFINITY }
    this.happened.push(fault)
    try {
      await kind.cause({ ...this.#scene, target, duration, random: random.fork() })
    } catch (error) {
      console.error(`The fault ${name} could not be caused: ${error}`)
    }
    fault.to = machineTime()
  }
}
