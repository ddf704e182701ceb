import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'

/** How large the demo's data set is, and which one it is. */
export interface DemoSize {
  /** Creators included. Default 10,000. */
  readonly users?: number
  /** At most half of the users. Default 500. */
  readonly creators?: number
  /** Default 50,000. */
  readonly sessions?: number
  /** The same seed and sizes give the same data, but for the time of day it is seeded at. Default 1. */
  readonly seed?: number
}

/** @throws DigisInputError for a size that cannot be had */
export function checkSize({
  users = 10_000,
  creators = 500,
  sessions = 50_000,
  seed = 1,
}: DemoSize): Required<DemoSize> {
  checkWhole('users', users, 2)
  checkWhole('creators', creators, 1)
  checkWhole('sessions', sessions, 1)
  checkWhole('seed', seed, Number.MIN_SAFE_INTEGER)
  if (creators <= users / 2) return { users, creators, sessions, seed }
  throw new DigisInputError({ field: 'creators', expected: 'at most half of the users', given: 'more' })
}

function checkWhole(field: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  const expected = field === 'seed' ? 'a whole number' : `a whole number from ${least}`
  throw new DigisInputError({ field, expected, given: describeGiven(value) })
}
