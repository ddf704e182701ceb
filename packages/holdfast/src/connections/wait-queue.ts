/** Links of an entry of a {@link WaitQueue}; only the queue writes them. */
export interface Queued {
  previous: this | undefined
  next: this | undefined
  queued: boolean
}

/** First in, first out; leaving from the middle costs the same as from the ends. An entry is in one queue once. */
export class WaitQueue<T extends Queued> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The entry that waits longest. */
  get oldest(): T | undefined {
    return this.#first
  }

  /** The entry that came last. */
  get newest(): T | undefined {
    return this.#last
  }

  add(entry: T): void {
    entry.previous = this.#last
    entry.queued = true
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#size++
  }

  /** Leaves the queue; an entry that has left already changes nothing. */
  remove(entry: T): void {
    if (!entry.queued) return
    const { previous, next } = entry
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    entry.queued = false
    // A dead entry in the old generation would keep every younger one it leads to alive until a full collection.
    entry.previous = undefined
    entry.next = undefined
    this.#size--
  }

  /** All entries, oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    for (let entry = this.#first; entry !== undefined; ) {
      const { next } = entry
      yield entry
      entry = next
    }
  }
}
