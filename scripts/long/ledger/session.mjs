import { setTimeout as delay } from 'node:timers/promises'
import { errorCategory } from 'holdfast'

/**
 * What one session orders, under its key, until it knows what became of it.
 *
 * @typedef {import('@holdfast/digis').TransferOrder & { key: string }} Order
 * @typedef {{ order: Order, outcome: 'posted' | 'insufficient', id?: number }} Settled
 * @typedef {import('@holdfast/testkit').SeededRandom} Random
 * @typedef {{ ledger: import('@holdfast/digis').Ledger, users: readonly number[], random: Random }} SessionParts
 */

/** Of a hundred orders so many are sent a second time, and so many keys are tried with another content. */
const REPLAYED = 15
const REUSED = 5
/** Amounts are of the size of the balances, so that accounts run dry. */
const MOST_TOKENS = 120
const PAUSE = 20
/** Failures that say nothing of the order. Neither a deadlock nor a number taken twice is among them: locks keep them away. */
const PASSING = new Set([
  'refused',
  'unreachable',
  'connection-lost',
  'outcome-unknown',
  'shut-down',
  'timeout',
])

/** One of the concurrent sessions. */
export class Session {
  /** @type {Settled[]} */
  settled = []
  /** What a repetition answered differently, or what was accepted that may not be. @type {string[]} */
  violations = []
  /** How often a call failed with something that says nothing of the order. */
  failures = 0
  #number
  #parts

  /** @param {number} number @param {SessionParts} parts */
  constructor(number, parts) {
    this.#number = number
    this.#parts = parts
  }

  /** @param {number} orders @param {() => void} onSettled */
  async run(orders, onSettled) {
    for (let index = 0; index < orders; index++) {
      const order = this.#draw(index)
      const settled = await this.#settle(order)
      this.settled.push(settled)
      onSettled()
      const drawn = this.#parts.random.int(1, 100)
      if (settled.outcome === 'posted' && drawn <= REPLAYED) await this.#replay(settled)
      else if (settled.outcome === 'posted' && drawn <= REPLAYED + REUSED) await this.#reuse(order)
    }
  }

  /** @param {number} index @returns {Order} */
  #draw(index) {
    const { random, users } = this.#parts
    const key = `session ${this.#number}: ${index}`
    const [user_id = 0, to_id = 0] = random.shuffle(users)
    const tokens = random.int(1, MOST_TOKENS)
    return random.pick(
      /** @type {Order[]} */ ([
        { kind: 'tip', key, from_id: user_id, to_id, tokens },
        { kind: 'tip', key, from_id: user_id, to_id, tokens },
        { kind: 'spend', key, user_id, tokens },
        { kind: 'earn', key, user_id, tokens },
        { kind: 'purchase', key, user_id, tokens, cents: 5 * tokens },
        { kind: 'redeem', key, user_id, tokens, cents: 4 * tokens },
      ]),
    )
  }

  /** Orders until it is known what became of it, always under the same key. @param {Order} order @returns {Promise<Settled>} */
  async #settle(order) {
    for (;;) {
      try {
        const [transfer] = await this.#parts.ledger.postAll([order])
        return { order, outcome: 'posted', id: transfer?.id ?? 0 }
      } catch (error) {
        const { code } = /** @type {{ code?: string }} */ (error)
        if (code === 'DIGIS_INSUFFICIENT_TOKENS') return { order, outcome: 'insufficient' }
        if (!PASSING.has(errorCategory(error) ?? '')) throw error
        this.failures += 1
        await delay(this.#parts.random.int(0, PAUSE))
      }
    }
  }

  /** @param {Settled} settled */
  async #replay({ order, id }) {
    const again = await this.#settle(order)
    if (again.id !== id)
      this.violations.push(`${order.key}: first transfer ${id}, then ${again.id ?? again.outcome}`)
  }

  /** @param {Order} order */
  async #reuse(order) {
    const other = /** @type {Order} */ ({ ...order, memo: 'something else' })
    const settled = await this.#settle(other).catch(error => error)
    if (settled?.code !== 'DIGIS_KEY_REUSED') this.violations.push(`${order.key}: taken for something else`)
  }
}
