import type { Clock } from './clock.js'
import { LONGEST_TIMER_MS } from './duration.js'

/** Something that ends at an instant of the clock unless it is unwatched before. */
export interface Expiring {
  readonly deadline: number
  /** Its place while it is watched, otherwise −1; only the watch writes it. */
  watchIndex: number
  expire(): void
}

/**
 * Watches many deadlines with one timer: to start and to end a watch costs an array operation, not a timer. The
 * timer never keeps the process alive; what is waited for does.
 */
export class DeadlineWatch {
  readonly #clock: Clock
  /** In no order. An array and not a `Set`: a busy set leaves a chain of dead tables for the garbage collector. */
  readonly #watched: Expiring[] = []
  #timer: NodeJS.Timeout | undefined
  #timerDue = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  watch(entry: Expiring): void {
    if (entry.deadline === Number.POSITIVE_INFINITY) return
    entry.watchIndex = this.#watched.push(entry) - 1
    if (entry.deadline < this.#timerDue) this.#arm(entry.deadline)
  }

  unwatch(entry: Expiring): void {
    const index = entry.watchIndex
    if (index === -1) return
    entry.watchIndex = -1
    const last = this.#watched.pop() as Expiring
    if (last === entry) return
    this.#watched[index] = last
    last.watchIndex = index
  }

  #arm(due: number): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timerDue = due
    const millis = Math.min(LONGEST_TIMER_MS, Math.max(1, Math.ceil(due - this.#clock.now())))
    this.#timer = this.#clock.setTimeout(() => this.#fire(), millis)
    this.#timer.unref()
  }

  #fire(): void {
    this.#timer = undefined
    this.#timerDue = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const entry of [...this.#watched]) {
      // One that expires may have ended others on the way.
      if (entry.watchIndex === -1) continue
      if (entry.deadline > now) next = Math.min(next, entry.deadline)
      else {
        this.unwatch(entry)
        entry.expire()
      }
    }
    if (next < this.#timerDue) this.#arm(next)
  }
}
