import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { signToken } from '../../digis/people.mjs'
import { SECRET } from '../../digis/service.mjs'
import { request } from './request.mjs'

/**
 * A change that a client wants, under its key. `acknowledged` is the answer that it got in the end, `undefined` when it
 * gave up without one.
 *
 * @typedef {{ key: string, kind: 'payment' | 'tokens', user: number, tokens?: number, attempts: number, acknowledged?: any,
 *   refused?: number }} Wish
 * @typedef {import('./people.mjs').Fan} Fan
 * @typedef {import('@holdfast/testkit').SeededRandom} Random
 */

/** Seconds that a request may take. */
const DEADLINE = 5
/** How far beyond its deadline an answer may be on a busy machine, in milliseconds. */
const GRACE = 3_000
/** The service's own grace, and a moment for the way, in milliseconds. */
const TOLD = 500
const MOST_TOLD = 50
/** How long a client repeats a request before it gives up, in milliseconds. */
const PATIENCE = 60_000

/** The clients and what became of their wishes. */
export class Clients {
  /** @type {Wish[]} */
  wishes = []
  /** How often each status was answered, by kind of request. @type {Record<string, number>} */
  statuses = {}
  /** Requests that were not answered within their deadline and the grace. */
  late = 0
  /** The first of those that were answered after their deadline at all. @type {{ request: string, millis: number }[]} */
  overdue = []
  slowest = 0
  #stopped = false
  #address
  #fans
  #service = signToken({ role: 'service_role', exp: Math.floor(Date.now() / 1_000) + 90_000 }, SECRET)
  /** @type {Promise<void>} */
  #running = Promise.resolve()

  /** @param {string} address @param {readonly Fan[]} fans */
  constructor(address, fans) {
    this.#address = address
    this.#fans = fans
  }

  /** Each fan is a client from now on. @param {Random} random */
  start(random) {
    const loops = this.#fans.map(fan => this.#loop(fan, random.fork()))
    this.#running = Promise.all(loops).then(() => undefined)
  }

  /** Resolves when every wish is answered or given up. */
  async stop() {
    this.#stopped = true
    await this.#running
  }

  /** @param {Fan} fan @param {Random} random */
  async #loop(fan, random) {
    while (!this.#stopped) {
      const drawn = random.int(1, 10)
      if (drawn <= 3) await this.#pay(fan, random)
      else if (drawn <= 6) await this.#transfer(fan, random)
      else await this.#read(fan, random)
      await delay(random.int(0, 60))
    }
  }

  /** @param {Fan} fan @param {Random} random */
  async #read({ token }, random) {
    const path = random.pick([
      '/users/me/tokens',
      '/payments?limit=5',
      '/creators?limit=5',
      '/sessions/active',
    ])
    await this.#send('read', { path: `/api${path}`, token })
  }

  /** @param {Fan} fan @param {Random} random */
  async #pay({ id, token, session }, random) {
    const body = { session_id: session, amount: `${random.int(1, 99)}.00` }
    const wish = this.#wish('payment', id)
    await this.#fulfil(wish, { method: 'POST', path: '/api/payments', token, body }, random)
  }

  /** Takes tokens from one and gives them to another, each under a key of its own. @param {Fan} fan @param {Random} random */
  async #transfer(fan, random) {
    const other = random.pick(this.#fans)
    const amount = random.int(1, 9)
    if (await this.#change(fan.id, -amount, random)) await this.#change(other.id, amount, random)
  }

  /** Whether it was acknowledged. @param {number} user @param {number} tokens @param {Random} random */
  async #change(user, tokens, random) {
    const wish = Object.assign(this.#wish('tokens', user), { tokens })
    const body = { operation: tokens < 0 ? 'subtract' : 'add', amount: Math.abs(tokens) }
    const sent = { method: 'POST', path: `/api/users/${user}/tokens`, token: this.#service, body }
    await this.#fulfil(wish, sent, random)
    return wish.acknowledged !== undefined
  }

  /** @param {Wish['kind']} kind @param {number} user @returns {Wish} */
  #wish(kind, user) {
    /** @type {Wish} */
    const wish = { key: randomUUID(), kind, user, attempts: 0 }
    this.wishes.push(wish)
    return wish
  }

  /** Sends a request until it is answered for good, always under the same key. @param {Wish} wish @param {import('./request.mjs').Request} sent @param {Random} random */
  async #fulfil(wish, sent, random) {
    const end = performance.now() + PATIENCE
    while (performance.now() < end) {
      wish.attempts += 1
      const { status, body, retryAfter } = await this.#send(wish.kind, { ...sent, key: wish.key })
      if (status === 200 || status === 201) {
        wish.acknowledged = body
        return
      }
      const isRepeatable = typeof status !== 'number' || status >= 500 || retryAfter > 0
      if (!isRepeatable) {
        wish.refused = status
        return
      }
      await delay(retryAfter + random.int(0, 200))
    }
  }

  /** @param {string} kind @param {import('./request.mjs').Request} sent */
  async #send(kind, sent) {
    const answer = await request(this.#address, { ...sent, seconds: DEADLINE })
    const name = `${kind} ${answer.status}`
    this.statuses[name] = (this.statuses[name] ?? 0) + 1
    if (answer.status === 'hung' || answer.millis > DEADLINE * 1_000 + GRACE) this.late += 1
    if (answer.millis > DEADLINE * 1_000 + TOLD && this.overdue.length < MOST_TOLD)
      this.overdue.push({ request: name, millis: Math.round(answer.millis) })
    this.slowest = Math.max(this.slowest, answer.millis)
    return answer
  }
}
