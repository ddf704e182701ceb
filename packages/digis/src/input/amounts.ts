import { DigisInputError } from '../digis-error.js'
import { describeGiven } from './describe-given.js'

/** A count as callers hold it: a number, or its decimal text as it comes out of a URL. */
export type Count = number | string

/** The most rows that one call returns. More is refused, not cut: half a list looks like a whole one. */
export const MAX_LIMIT = 1_000

/**
 * Money as decimal text, which PostgreSQL rounds to whole cents, half away from zero. Decimal text as an argument
 * is exact; a number is taken by its shortest decimal form.
 *
 * @throws DigisInputError when it is negative, more than `most`, NaN, infinite or no number
 */
export function checkMoney(field: string, value: unknown, most: number): string {
  const isDecimal =
    typeof value === 'number' || (typeof value === 'string' && /^\d{1,12}(\.\d{1,20})?$/.test(value))
  const amount = isDecimal ? Number(value) : Number.NaN
  if (amount >= 0 && amount <= most) return typeof value === 'string' ? value : String(amount)
  throw new DigisInputError({ field, expected: `an amount from 0 to ${most}`, given: describeGiven(value) })
}

/** @throws DigisInputError unless it is a whole number from 1 to {@link MAX_LIMIT} */
export function checkLimit(value: unknown): number {
  return checkWhole('limit', value, { least: 1, most: MAX_LIMIT })
}

/** @throws DigisInputError unless it is a whole number from 0 */
export function checkOffset(value: unknown): number {
  return checkWhole('offset', value, { least: 0, most: Number.MAX_SAFE_INTEGER })
}

/** @throws DigisInputError unless it is a whole number of tokens from 1 that JavaScript holds exactly */
export function checkTokens(value: unknown): number {
  return checkAmountOf('amount', value)
}

/** The same of another argument, in whole minor units. @throws as {@link checkTokens} */
export function checkAmountOf(field: string, value: unknown): number {
  return checkWhole(field, value, { least: 1, most: Number.MAX_SAFE_INTEGER })
}

/** @throws DigisInputError unless it is a whole number within the bounds */
export function checkWhole(
  field: string,
  value: unknown,
  { least, most }: { least: number; most: number },
): number {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  if (Number.isSafeInteger(number) && Number(number) >= least && Number(number) <= most) return Number(number)
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  throw new DigisInputError({
    field,
    expected: `a whole number from ${least}${upTo}`,
    given: describeGiven(value),
  })
}
