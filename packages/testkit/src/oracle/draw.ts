/**
 * Decisions read from a tape of numbers. Nothing is random here: whoever makes the tape decides. A shorter tape, and
 * smaller numbers on it, mean simpler things, so that a tool which shrinks lists of numbers shrinks what is made of
 * them. Past its end the tape holds zeros: everything that recurses must stop at a zero.
 */
export class Draw {
  readonly #tape: readonly number[]
  #at = 0

  constructor(tape: readonly number[]) {
    this.#tape = tape
  }

  /** A whole number from 0 up to, but not including, `below`. */
  int(below: number): number {
    const next = this.#tape[this.#at] ?? 0
    this.#at += 1
    return next % below
  }

  /** One of the items: the first one is the simplest. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick() expects at least one item, given none')
    return items[this.int(items.length)] as T
  }

  /** One of the items, each as likely as its weight says. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.int(items.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, item] of items) {
      if (left < weight) return item
      left -= weight
    }
    throw new RangeError('weighted() expects at least one item, given none')
  }

  /** Yes in so many of a hundred cases; no is the simpler answer. */
  chance(percent: number): boolean {
    return this.int(100) >= 100 - percent
  }

  /** From `least` to `most` results of a function. */
  times<T>(least: number, most: number, make: (index: number) => T): T[] {
    return Array.from({ length: least + this.int(most - least + 1) }, (_, index) => make(index))
  }

  /** Some of the items in their order, at least one. */
  some<T>(items: readonly T[]): T[] {
    const chosen = items.filter(() => this.chance(40))
    return chosen.length > 0 ? chosen : items.slice(0, 1)
  }
}
