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

/** So much of its time a caller may have to wait still when an overload is recognised: more important ones will come. */
const SERVABLE = 0.75

/**
 * Who waits for a connection, and whose turn it is: by priority, and among equals in the order of their coming. Who came
 * before an overload was recognised, and can be served in time, still is; newcomers are told at once meanwhile. After that
 * the newest comes first, because it has most of its time left, and those that waited longest are turned away, so that no
 * more wait than the connections need to stay busy.
 */
export class WaitingLine {
  readonly #options: WaitingLineOptions
  /** By rank. */
  readonly #queues = PRIORITIES.map(() => new WaitQueue<Waiter>())
  readonly #rate = new ServiceRate()
  #size = 0
  #load: LoadState = CALM
  /** When the overload was recognised. */
  #recognisedAt = Number.NEGATIVE_INFINITY
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

  /** Somebody was not even let in, because it would wait in vain. */
  turnedAway(now: number): void {
    if (this.#load !== CALM) this.#step('shed', now)
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

  /**
   * While overloaded, turns away newcomers beyond one turn, which keeps the connections busy: the least important first,
   * and among them those that waited longest, or least while others are served that came before.
   */
  relieve(now: number): void {
    if (!this.overloaded) return
    this.#tellHopeless(now)
    let ahead = this.#size
    for (let rank = PRIORITIES.length - 1; rank >= 0 && ahead > this.#options.turn; rank--) {
      const queue = this.#queues[rank] as WaitQueue<Waiter>
      ahead -= queue.size
      while (ahead + queue.size > this.#options.turn && isSince(queue.newest, this.#recognisedAt))
        this.#shed(isSince(queue.oldest, this.#recognisedAt) ? queue.oldest : queue.newest, now)
    }
  }

  /** Turns away the oldest of the least important below a rank. False when there is nobody. */
  makeRoom(rank: number, now: number): boolean {
    for (let lower = PRIORITIES.length - 1; lower > rank; lower--) {
      if (this.#shed(this.#queues[lower]?.oldest, now)) return true
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
      const isNewestFirst = this.overloaded && isSince(queue?.oldest, this.#recognisedAt)
      const waiter = isNewestFirst ? queue?.newest : queue?.oldest
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

  /** The one that came last among the least important. */
  #last(): Waiter | undefined {
    return this.#queues.findLast(({ size }) => size > 0)?.newest
  }

  /**
   * Whether somebody waits too long: not only whose turn it is, because the important ones go past the others. No more
   * than one turn of the connections is no queue worth speaking of.
   */
  #isLate(now: number): boolean {
    const oldest = this.#size > this.#options.turn ? this.#oldest() : undefined
    if (oldest === undefined) return false
    const waited = now - Math.max(oldest.since, this.#availableSince)
    const isLate = waited > this.#target(oldest) || this.#willBeLate()
    return isLate && !this.#options.isGrowing()
  }

  /** Whether, at the present pace, who came last will wait too long: long before anybody has. */
  #willBeLate(): boolean {
    const last = this.#last()
    return last !== undefined && this.drainTime > this.#target(last)
  }

  #target({ since, deadline }: Waiter): number {
    return this.#options.target ?? (deadline - since) * SHARE
  }

  #step(event: LoadEvent, now: number): void {
    const { interval } = this.#options
    const wasOverloaded = this.overloaded
    this.#load = stepLoad(this.#load, event, { now, waiting: this.#size, interval })
    if (!this.overloaded || wasOverloaded) return
    this.#recognisedAt = now
    this.relieve(now)
  }

  /** Those at the end who would be served too late are told now: they have waited least. */
  #tellHopeless(now: number): void {
    const { turn } = this.#options
    for (let last = this.#last(); last !== undefined && this.#size > turn; last = this.#last()) {
      if ((this.#size + turn) * this.#rate.pace <= SERVABLE * (last.deadline - now)) return
      this.#shed(last, now)
    }
  }

  /** False when there is nobody. */
  #shed(waiter: Waiter | undefined, now: number): boolean {
    if (waiter === undefined) return false
    this.remove(waiter)
    this.#options.shed(waiter, now)
    this.#step('shed', now)
    return true
  }
}

/** Whether a waiter came then or later. */
function isSince(waiter: Waiter | undefined, instant: number): boolean {
  return waiter !== undefined && waiter.since >= instant
}
