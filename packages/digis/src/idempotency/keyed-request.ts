import { DigisInputError } from '../digis-error.js'
import { contentHash } from '../input/content-hash.js'
import { describeGiven } from '../input/describe-given.js'
import { checkText } from '../input/text.js'

/** The longest key, in characters. */
export const MAX_IDEMPOTENCY_KEY = 255

const KEY = new RegExp(`^[ -~]{1,${MAX_IDEMPOTENCY_KEY}}$`)
const LONGEST_NAME = 255

/** A request that a caller may send again. */
export interface KeyedRequest {
  /** Who asks: the same key of somebody else is another key. 1 to 255 characters. */
  readonly subject: string
  /** What the caller calls the request: 1 to {@link MAX_IDEMPOTENCY_KEY} printable ASCII characters. */
  readonly key: string
  /** What is asked for, such as `POST /payments`. At most 255 characters. */
  readonly route: string
  /** All else that makes the request what it is, as JSON can hold it. The order of an object's keys does not count. */
  readonly content: unknown
}

/** A {@link KeyedRequest} whose content has become a SHA-256 hash. */
export interface CheckedRequest {
  readonly subject: string
  readonly key: string
  readonly route: string
  readonly hash: Buffer
}

/** @throws DigisInputError naming the part that cannot be right; never repeats it */
export function checkRequest({ subject, key, route, content }: KeyedRequest): CheckedRequest {
  if (typeof key !== 'string' || !KEY.test(key)) {
    const expected = `1 to ${MAX_IDEMPOTENCY_KEY} printable ASCII characters`
    throw new DigisInputError({ field: 'key', expected, given: describeGiven(key) })
  }
  if (subject === '')
    throw new DigisInputError({ field: 'subject', expected: 'text', given: 'an empty text' })
  return {
    subject: checkText('subject', subject, LONGEST_NAME),
    key,
    route: checkText('route', route, LONGEST_NAME),
    hash: contentHash(content),
  }
}
