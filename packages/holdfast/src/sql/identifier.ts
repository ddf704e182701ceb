import { HoldfastError } from '../base/errors.js'

/** PostgreSQL truncates longer names silently (NAMEDATALEN − 1), so that two names could become one. */
const LONGEST_IDENTIFIER_BYTES = 63

/**
 * A quoted SQL identifier, safe to splice into SQL: `a"b` becomes `"a""b"`.
 *
 * @throws HoldfastError `HOLDFAST_INVALID_QUERY` when empty, longer than 63 bytes, or with a NUL character
 */
export function quoteIdentifier(name: string): string {
  if (typeof name !== 'string' || name === '') throw invalidIdentifier('a name that is not empty')
  if (name.includes('\0')) throw invalidIdentifier('a name without NUL characters')
  if (Buffer.byteLength(name) > LONGEST_IDENTIFIER_BYTES) {
    throw invalidIdentifier('at most 63 bytes (PostgreSQL would cut it silently)')
  }
  return `"${name.replaceAll('"', '""')}"`
}

function invalidIdentifier(expected: string): HoldfastError {
  return new HoldfastError('HOLDFAST_INVALID_QUERY', `An SQL identifier must be ${expected}.`)
}
