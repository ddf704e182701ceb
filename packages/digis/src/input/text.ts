import { DigisInputError } from '../digis-error.js'
import { describeGiven, hasLoneSurrogate } from './describe-given.js'

/**
 * A text that PostgreSQL stores exactly as it is.
 *
 * @param longest in characters (code points), as PostgreSQL counts them
 * @throws DigisInputError when it is longer, no text, or holds a NUL character or half of a surrogate pair
 */
export function checkText(field: string, value: unknown, longest: number): string {
  if (isStorableText(value, longest)) return value
  const expected = `text of at most ${longest} characters that PostgreSQL can store`
  throw new DigisInputError({ field, expected, given: describeGiven(value) })
}

/** Whether it is a text of at most `longest` characters that PostgreSQL stores exactly as it is. */
export function isStorableText(value: unknown, longest: number): value is string {
  return (
    typeof value === 'string' &&
    !isLonger(value, longest) &&
    !value.includes('\0') &&
    !hasLoneSurrogate(value)
  )
}

function isLonger(text: string, longest: number): boolean {
  // A code point is one or two UTF-16 units; only in between do they have to be counted.
  if (text.length <= longest) return false
  return text.length > 2 * longest || Array.from(text).length > longest
}

/**
 * One of a few words.
 *
 * @throws DigisInputError when it is another
 */
export function checkChoice<T extends string>(field: string, value: unknown, choices: readonly T[]): T {
  const choice = choices.find(known => known === value)
  if (choice !== undefined) return choice
  const expected = `one of ${choices.map(known => `'${known}'`).join(', ')}`
  throw new DigisInputError({ field, expected, given: describeGiven(value) })
}

/** @throws DigisInputError unless it is `true` or `false` */
export function checkBoolean(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new DigisInputError({ field, expected: 'true or false', given: describeGiven(value) })
}
