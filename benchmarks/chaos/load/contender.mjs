import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {import('./offer.mjs').Done} Done
 * @typedef {{ connectionString: string, max: number, connectionTimeoutMillis: number, seed: number, deadline: number, cache?: object }} Setup
 *   `deadline`: milliseconds that a call may take; the rest are options of a pool
 */

const PROGRAM = fileURLToPath(new URL('contender-process.mjs', import.meta.url))

/** A pool in a process of its own, so that neither's work or garbage is in the way of the other's. */
export class Contender {
  #child
  #asked = 0
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()

  /** @param {string} name @param {import('node:child_process').ChildProcess} child */
  constructor(name, child) {
    this.name = name
    this.#child = child
    child.on('message', message => this.#answered(/** @type {any} */ (message)))
    child.on('exit', code => this.#ended(code))
  }

  /** Resolves once the pool is made; it has connected to nothing. @param {string} name @param {Setup} setup */
  static async start(name, setup) {
    const child = fork(PROGRAM, [name], {
      env: { ...process.env, CONTENDER: JSON.stringify(setup) },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const contender = new Contender(name, child)
    await contender.#order('ready', {})
    return contender
  }

  /** @param {{ callers: number, millis: number }} load @returns {Promise<void>} */
  warmUp(load) {
    return this.#order('warmUp', load)
  }

  /** @param {{ perSecond: number, millis: number }} load @returns {Promise<Done[]>} */
  offer(load) {
    return this.#order('offer', load)
  }

  /** @param {{ count: number }} load @returns {Promise<Done[]>} */
  burst(load) {
    return this.#order('burst', load)
  }

  /** @param {{ callers: number, millis: number }} load @returns {Promise<Done[]>} */
  repeat(load) {
    return this.#order('repeat', load)
  }

  /** Whether reads are cached at this moment. @returns {Promise<boolean>} */
  cacheEnabled() {
    return this.#order('cacheEnabled', {})
  }

  /** Ends the process; what it has open ends with it. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }

  /** @param {string} order @param {object} argument @returns {Promise<any>} */
  #order(order, argument) {
    const id = ++this.#asked
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, order, argument })
    })
    // Whoever waits for something else first may fail before they come to this.
    answer.catch(() => undefined)
    return answer
  }

  /** @param {{ id: number, value?: unknown, error?: string }} answer */
  #answered({ id, value, error }) {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(`${this.name}: ${error}`))
  }

  /** @param {number | null} code */
  #ended(code) {
    for (const { reject } of this.#waiting.values())
      reject(new Error(`The process of ${this.name} ended with exit code ${code}.`))
  }
}
