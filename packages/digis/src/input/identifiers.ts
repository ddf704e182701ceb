import { DigisInputError } from '../digis-error.js'
import { describeGiven } from './describe-given.js'

/** A key as callers hold it: a number, or its decimal text as it comes out of a URL. */
export type Id = number | string | bigint

const LARGEST_KEY = 2n ** 63n - 1n
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * A key's decimal text, as PostgreSQL takes it.
 *
 * @throws DigisInputError unless it is a whole number from 1 that a bigint column can hold
 */
export function checkId(field: string, value: unknown): string {
  const text = typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value
  if (typeof text === 'string' && /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST_KEY) return text
  throw new DigisInputError({ field, expected: 'a whole number from 1', given: describeGiven(value) })
}

/** @throws DigisInputError unless it is a UUID in its usual form, in upper or lower case */
export function checkUuid(field: string, value: unknown): string {
  if (typeof value === 'string' && UUID.test(value)) return value
  throw new DigisInputError({ field, expected: 'a UUID', given: describeGiven(value) })
}
