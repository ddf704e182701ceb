import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@holdfast/testkit'
import pg from 'pg'
import { userCount } from './old-database.mjs'

/** Milliseconds between two statements of a client. */
const PAUSE_MS = 5

/**
 * What the load has seen.
 *
 * @typedef {{ statements: number, slowest: number, slowestText: string, over: number, failures: string[] }} LoadReport
 */

/**
 * A load of reads and writes as an application of the old platform sends them, on plain connections: what fails or
 * waits is not tried again.
 */
export class Load {
  /** @type {LoadReport} */
  report = { statements: 0, slowest: 0, slowestText: '', over: 0, failures: [] }
  #running = true
  /** @type {Promise<unknown>} */
  #done

  /** @param {{ url: string, sessions: number, clients: number, seed: number, limitMs: number }} options */
  constructor(options) {
    const clients = Array.from({ length: options.clients }, (_, index) => this.#client(options, index))
    this.#done = Promise.all(clients)
  }

  /** Resolves to the report when the last statement has been answered. */
  async stop() {
    this.#running = false
    await this.#done
    return this.report
  }

  /**
   * @param {{ url: string, sessions: number, seed: number, limitMs: number }} options
   * @param {number} index
   */
  async #client({ url, sessions, seed, limitMs }, index) {
    const client = new pg.Client({ connectionString: url, application_name: 'load' })
    await client.connect()
    const random = seededRandom(seed + index)
    const user = () => 100 + Math.floor(random.next() * (userCount(sessions) - 100))
    try {
      while (this.#running) {
        await this.#visit({ client, limitMs }, user(), user())
        await sleep(PAUSE_MS)
      }
    } finally {
      await client.end()
    }
  }

  /**
   * One fan looks a creator up, talks to them and pays.
   *
   * @param {{ client: pg.Client, limitMs: number }} through
   * @param {number} creator
   * @param {number} fan
   */
  async #visit({ client, limitMs }, creator, fan) {
    /** @param {string} text @param {unknown[]} values */
    const run = (text, values) => this.#timed(client, { text, values }, limitMs)
    await run('SELECT * FROM users WHERE id = $1', [creator])
    await run('SELECT * FROM sessions WHERE creator_id = $1 ORDER BY start_time DESC, id DESC LIMIT 20', [
      creator,
    ])
    if (creator === fan) return
    const started = await run(
      "INSERT INTO sessions (creator_id, fan_id, type) VALUES ($1, $2, 'video') RETURNING id",
      [creator, fan],
    )
    const session = started?.rows[0]?.id
    await run('UPDATE sessions SET end_time = now() WHERE id = $1', [session])
    await run("INSERT INTO payments (session_id, amount, tip, status) VALUES ($1, 12.5, 0, 'completed')", [
      session,
    ])
    await run('UPDATE users SET bio = $2 WHERE id = $1', [fan, `Has met ${creator}`])
    await run(
      'SELECT sum(p.amount) FROM payments AS p JOIN sessions AS s ON s.id = p.session_id WHERE s.id = $1',
      [session],
    )
  }

  /**
   * @param {pg.Client} client
   * @param {{ text: string, values: unknown[] }} statement
   * @param {number} limitMs
   */
  async #timed(client, statement, limitMs) {
    const begin = performance.now()
    try {
      return await client.query(statement)
    } catch (error) {
      this.report.failures.push(`${/** @type {Error} */ (error).message}: ${statement.text}`)
      return undefined
    } finally {
      const took = performance.now() - begin
      this.report.statements += 1
      if (took > limitMs) this.report.over += 1
      if (took > this.report.slowest)
        Object.assign(this.report, { slowest: took, slowestText: statement.text })
    }
  }
}
