import { PRIORITIES } from '../base/priority.js'
import { CALM, type LoadEvent, type LoadState, stepLoad } from '../resilience/codel.js'
import { ServiceRate } from '../resilience/service-rate.js'
import { WaitQueue } from './wait-queue.js'
import type { Waiter } from './waiter.js'

/** How a line decides. Durations in milliseconds. */
export interface WaitingLineOptions {
  /** A longer wait is taken for overload; absent: half of the time that the caller has. */
  readonly target: number | undefined
  readonly interval: number
  /** One turn of all connections: so many are served in the time that one call takes. */
  readonly turn: number
  /** Whether more connections are on their way: then a long wait is no overload yet. */
  readonly isGrowing: () => boolean
  /** Tells a caller that it is turned away. */
  readonly shed: (waiter: Waiter, now: number) => void
}

/** What makes a caller wait longer than half of its time is too much. */
const SHARE = 0.5

/**
 * Who waits for a connection, and whose turn it is: by priority, and among equals in the order of their coming. While
 * overloaded the newest comes first, because it has most of its time left, and those that waited longest are turned away,
 * so that no more wait than the connections need to stay busy.
 */
export class WaitingLine {
  readonly #options: WaitingLineOptions
  /** By rank. */
  readonly #queues = PRIORITIES.map(() => new WaitQueue<Waiter>())
  readonly #rate = new ServiceRate()
  #size = 0
  #load: LoadState = CALM
  #pressureSince = 0
  #availableSince = Number.NEGATIVE_INFINITY

  constructor(options: WaitingLineOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  get overloaded(): boolean {
    return this.#load.load === 'overloaded'
  }

  /** Since when somebody has been waiting without a break. */
  get pressureSince(): number {
    return this.#pressureSince
  }

  /** When the one that waits longest came; now, when nobody waits. */
  oldestSince(now: number): number {
    return this.#oldest()?.since ?? now
  }

  /** Milliseconds until a newcomer would have had its turn, at the present pace; 0 when that is not known. */
  expectedTime(rank: number): number {
    // The newest comes first then.
    if (this.overloaded) return 0
    let ahead = 0
    for (let i = 0; i <= rank; i++) ahead += this.#queues[i]?.size ?? 0
    return (ahead + this.#options.turn) * this.#rate.pace
  }

  /** Milliseconds until all who wait have had their turn; 0 when that is not known. */
  get drainTime(): number {
    return this.#size * this.#rate.pace
  }

  /** Connections can be had again: the wait until now was an outage and says nothing about the load. */
  becameAvailable(now: number): void {
    this.#availableSince = now
    this.#rate.restart(now)
  }

  add(waiter: Waiter): void {
    if (this.#size === 0) {
      this.#pressureSince = waiter.since
      this.#rate.restart(waiter.since)
      if (this.#load !== CALM) this.#step('empty', waiter.since)
    }
    this.#queues[waiter.rank]?.add(waiter)
    this.#size++
  }

  /** Leaves the line; who has left already changes nothing. */
  remove(waiter: Waiter): void {
    if (!waiter.queued) return
    this.#queues[waiter.rank]?.remove(waiter)
    this.#size--
  }

  /** Whether somebody of this rank or a more important one waits. */
  has(lowest: number): boolean {
    if (lowest === PRIORITIES.length - 1) return this.#size > 0
    return this.#next(lowest) !== undefined
  }

  /** Takes whose turn it is out of the line. @param lowest the rank down to which somebody may be served */
  take(now: number, lowest: number): Waiter | undefined {
    const waiter = this.#next(lowest)
    if (waiter === undefined) return undefined
    const isLate = this.#isLate(now)
    this.remove(waiter)
    this.#rate.served(now)
    // By far the most frequent case costs nothing.
    if (isLate || this.#load !== CALM) this.#step(isLate ? 'late' : 'prompt', now)
    return waiter
  }

  /** While overloaded, turns away all but one turn, which keeps the connections busy: the least important first. */
  relieve(now: number): void {
    while (this.overloaded && this.#size > this.#options.turn) this.makeRoom(-1, now)
  }

  /** Turns away the oldest of the least important below a rank. False when there is nobody. */
  makeRoom(rank: number, now: number): boolean {
    for (let lower = PRIORITIES.length - 1; lower > rank; lower--) {
      if (this.#shedAt(lower, now)) return true
    }
    return false
  }

  /** Everybody, by priority, oldest first. */
  *[Symbol.iterator](): Iterator<Waiter> {
    for (const queue of this.#queues) yield* queue
  }

  #next(lowest: number): Waiter | undefined {
    for (let rank = 0; rank <= lowest; rank++) {
      const queue = this.#queues[rank]
      const waiter = this.overloaded ? queue?.newest : queue?.oldest
      if (waiter !== undefined) return waiter
    }
    return undefined
  }

  #oldest(): Waiter | undefined {
    let found: Waiter | undefined
    for (const { oldest } of this.#queues) {
      if (oldest !== undefined && (found === undefined || oldest.since < found.since)) found = oldest
    }
    return found
  }

  /**
   * Whether somebody waits too long: not only whose turn it is, because the important ones go past the others. No more
   * than one turn of the connections is no queue worth speaking of.
   */
  #isLate(now: number): boolean {
    const oldest = this.#size > this.#options.turn ? this.#oldest() : undefined
    if (oldest === undefined) return false
    const { since, deadline } = oldest
    const target = this.#options.target ?? (deadline - since) * SHARE
    return now - Math.max(since, this.#availableSince) > target && !this.#options.isGrowing()
  }

  #step(event: LoadEvent, now: number): void {
    const { interval } = this.#options
    const wasOverloaded = this.overloaded
    this.#load = stepLoad(this.#load, event, { now, waiting: this.#size, interval })
    if (!wasOverloaded) this.relieve(now)
  }

  #shedAt(rank: number, now: number): boolean {
    const waiter = this.#queues[rank]?.oldest
    if (waiter === undefined) return false
    this.remove(waiter)
    this.#options.shed(waiter, now)
    this.#step('shed', now)
    return true
  }
}
