/** A sequence of numbers that looks random and depends on nothing but its seed. Not for secrets. */
export class SeededRandom {
  #state: number

  /** @param seed a whole number; its lowest 32 bits count */
  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    return this.#bits() / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.between(0, list.length - 1)] ?? list[0]
  }

  /** A version 4 UUID. */
  uuid(): string {
    const digits = Array.from({ length: 4 }, () => this.#bits().toString(16).padStart(8, '0')).join('')
    const variant = '89ab'.charAt(this.between(0, 3))
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`
  }

  /** The next 32 bits: a counter that visits every value once, stirred until neighbours look unrelated. */
  #bits(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    const once = Math.imul(this.#state ^ (this.#state >>> 16), 0x85ebca6b)
    const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
    return (twice ^ (twice >>> 16)) >>> 0
  }
}
