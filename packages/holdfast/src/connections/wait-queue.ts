/** Links of a waiter in its queue; the queue's own. */
interface Node<T> {
  readonly value: T
  previous: Node<T> | undefined
  next: Node<T> | undefined
  queued: boolean
}

/** A place in the queue: what {@link WaitQueue.remove} needs to leave it. */
export type Place<T> = Node<T>

/** First in, first out; leaving from the middle costs the same as from the ends. */
export class WaitQueue<T> {
  #first: Node<T> | undefined
  #last: Node<T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The value that waits longest. */
  get oldest(): T | undefined {
    return this.#first?.value
  }

  add(value: T): Place<T> {
    const node: Node<T> = { value, previous: this.#last, next: undefined, queued: true }
    if (this.#last === undefined) this.#first = node
    else this.#last.next = node
    this.#last = node
    this.#size++
    return node
  }

  /** Takes the value that waits longest. */
  shift(): T | undefined {
    const node = this.#first
    if (node !== undefined) this.remove(node)
    return node?.value
  }

  /** Leaves the queue; a place that was left or served already changes nothing. */
  remove(node: Place<T>): void {
    if (!node.queued) return
    node.queued = false
    if (node.previous === undefined) this.#first = node.next
    else node.previous.next = node.next
    if (node.next === undefined) this.#last = node.previous
    else node.next.previous = node.previous
    // A dead node in the old generation would keep every younger one it leads to alive until a full collection.
    node.previous = undefined
    node.next = undefined
    this.#size--
  }

  /** Takes all values, oldest first. */
  drain(): T[] {
    const values: T[] = []
    for (let value = this.shift(); value !== undefined; value = this.shift()) values.push(value)
    return values
  }
}
