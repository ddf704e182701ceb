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
  /** How many may wait while overloaded: one turn of all connections. */
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
 * so that no more wait than can be served in one turn.
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
    let since = now
    for (const { oldest } of this.#queues) if (oldest !== undefined) since = Math.min(since, oldest.since)
    return since
  }

  /** Milliseconds until a newcomer's turn at the present pace; 0 when that is not known. */
  expectedWait(rank: number): number {
    // The newest comes first then.
    if (this.overloaded) return 0
    let ahead = 0
    for (let i = 0; i <= rank; i++) ahead += this.#queues[i]?.size ?? 0
    return ahead * this.#rate.pace
  }

  /** Milliseconds until all who wait have had their turn; 0 when that is not known. */
  get drainTime(): number {
    return this.#size * this.#rate.pace
  }

  /** Connections can be had again: the wait until now was an outage and says nothing about the load. */
  becameAvailable(now: number): void {
    this.#availableSince = now
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
    this.remove(waiter)
    this.#rate.served(now)
    const isLate = this.#isLate(waiter, now)
    // By far the most frequent case costs nothing.
    if (isLate || this.#load !== CALM) this.#step(isLate ? 'late' : 'prompt', now)
    return waiter
  }

  /** While overloaded, turns away those who would not be served in the next turn: the least important, oldest first. */
  relieve(now: number): void {
    while (this.overloaded && this.#size > this.#options.turn) this.#shedOne(PRIORITIES.length - 1, now)
  }

  /** Turns somebody away for a more important newcomer. False when nobody is less important. */
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

  /** Fewer than one turn of the connections is no queue worth speaking of. */
  #isLate({ since, deadline }: Waiter, now: number): boolean {
    if (this.#size < this.#options.turn) return false
    const target = this.#options.target ?? (deadline - since) * SHARE
    return now - Math.max(since, this.#availableSince) > target && !this.#options.isGrowing()
  }

  #step(event: LoadEvent, now: number): void {
    const { interval } = this.#options
    const wasOverloaded = this.overloaded
    this.#load = stepLoad(this.#load, event, { now, waiting: this.#size, interval })
    if (!wasOverloaded) this.relieve(now)
  }

  #shedOne(rank: number, now: number): void {
    for (let from = rank; from >= 0; from--) if (this.#shedAt(from, now)) return
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
