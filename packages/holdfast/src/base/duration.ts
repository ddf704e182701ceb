import { OptionsError } from './errors.js'

/** A length of time: milliseconds as a number, or `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`. */
export type Duration = number | string

const MILLIS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** The longest delay a Node.js timer can hold; longer ones would fire at once. */
export const LONGEST_TIMER_MS = 2_147_483_647

/**
 * Milliseconds of a {@link Duration}.
 *
 * @param path where the value stands, for the error: `overload.maxWait`
 * @throws OptionsError when it is not a duration, negative, or longer than a timer can hold (24.8 days)
 */
export function parseDuration(value: unknown, path: string): number {
  const millis = typeof value === 'string' ? parseText(value) : value
  if (typeof millis === 'number' && millis >= 0 && millis <= LONGEST_TIMER_MS) return millis
  throw new OptionsError(
    path,
    "milliseconds from 0 to 2147483647, or a text such as '250ms', '30s', '5m'",
    describeGiven(value),
  )
}

/** Milliseconds of a text with a unit; NaN when it has none. */
function parseText(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim())
  if (match === null) return Number.NaN
  return Number(match[1]) * (MILLIS_PER_UNIT[match[2] ?? ''] ?? Number.NaN)
}

/** Milliseconds as a person writes them: `250 ms`, `5 s`, `1.5 s`. */
export function formatMillis(millis: number): string {
  if (millis < 1_000) return `${Math.round(millis)} ms`
  return `${Math.round(millis / 100) / 10} s`
}

/** Says what a value is without showing text that might be a secret: type, and the value only for safe types. */
export function describeGiven(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string')
    return value.length <= 12 && /^[\w.-]*$/.test(value) ? `'${value}'` : 'a text'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
