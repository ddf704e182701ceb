import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {import('./contender-commands.mjs').Commands} Commands
 * @typedef {{ id: number, value?: unknown, error?: string }} Answer
 */

const CHILD = fileURLToPath(new URL('contender-process.mjs', import.meta.url))

/**
 * A contender in a process of its own, so that neither its code nor its garbage is in the way of another's. It does
 * nothing until it is told to: slices of several contenders alternate by telling one after the other.
 */
export class Contender {
  #child
  #asked = 0
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()

  /**
   * @param {string} name
   * @param {import('node:child_process').ChildProcess} child
   */
  constructor(name, child) {
    this.name = name
    this.#child = child
    child.on('message', message => this.#answered(/** @type {Answer} */ (message)))
    child.on('exit', code => this.#ended(code))
  }

  /**
   * Resolves once the contender is open.
   *
   * @param {import('../rivals/rival.mjs').RivalName} name
   * @param {import('../rivals/rival.mjs').Setup} setup
   */
  static async start(name, { connectionString, redis, tier }) {
    const child = fork(CHILD, [name, tier], {
      env: { ...process.env, DATABASE_URL: connectionString, REDIS_URL: redis },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const contender = new Contender(name, child)
    await contender.call('ready', {})
    return contender
  }

  /**
   * @template {keyof Commands} Name
   * @param {Name} command
   * @param {Parameters<Commands[Name]>[0]} argument
   * @returns {Promise<Awaited<ReturnType<Commands[Name]>>>}
   * @throws {Error} what the command threw there
   */
  call(command, argument) {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, command, argument })
    })
  }

  /** Ends the process; what it has open ends with it. */
  async stop() {
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }

  /** @param {Answer} answer */
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
