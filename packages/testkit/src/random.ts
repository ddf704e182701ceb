import { randomInt } from 'node:crypto'

/** A source of randomness that repeats itself: the same seed gives the same values in the same order. */
export interface SeededRandom {
  /** Print it when a test fails: it reproduces the run. */
  readonly seed: number
  /** A number from 0 up to, but not including, 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  /** One of the items. Throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T
  /** The items in a random order, in a new array. */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent source: what one part of a test draws does not change what another part draws. */
  fork(): SeededRandom
}

/**
 * Seeded randomness for tests.
 *
 * @param seed default: the number in `HOLDFAST_SEED`, or else a new one each time
 */
export function seededRandom(seed: number = freshSeed()): SeededRandom {
  const next = mulberry(seed)
  const int = (min: number, max: number): number => {
    if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max)) {
      throw new RangeError(`int() expects whole numbers min <= max, given ${min} and ${max}`)
    }
    return min + Math.floor(next() * (max - min + 1))
  }
  return {
    seed,
    next,
    int,
    pick: items => pick(items, next),
    shuffle: items => shuffle(items, int),
    fork: () => seededRandom(int(0, 0xffffffff)),
  }
}

/** A seed nobody chose. */
function freshSeed(): number {
  const given = process.env.HOLDFAST_SEED
  return given === undefined ? randomInt(0x100000000) : Number(given)
}

/** The generator known as mulberry32: 32 bits of state, plenty for tests, not for secrets. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }
}

/** One of the items, each as likely. */
function pick<T>(items: readonly T[], next: () => number): T {
  if (items.length === 0) throw new RangeError('pick() expects at least one item, given none')
  return items[Math.floor(next() * items.length)] as T
}

/** The items in a random order; the array given stays as it is. */
function shuffle<T>(items: readonly T[], int: (min: number, max: number) => number): T[] {
  const remaining = [...items]
  const shuffled: T[] = []
  while (remaining.length > 0) shuffled.push(...remaining.splice(int(0, remaining.length - 1), 1))
  return shuffled
}
