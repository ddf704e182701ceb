import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'
import { isStorableText } from '../input/text.js'

/** In characters. A constraint of the database too, as is all that is checked here. */
export const MAX_DISPLAY_NAME = 100

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._]{2,29}$/

/**
 * A display name as PostgreSQL takes it; `null`, which takes it away, for an empty text.
 *
 * @throws DigisInputError when it is longer than {@link MAX_DISPLAY_NAME}, begins or ends with a space, is no text, or
 * none that can be stored
 */
export function checkDisplayName(value: unknown): string | null {
  if (value === '') return null
  if (isStorableText(value, MAX_DISPLAY_NAME) && !/^ | $/.test(value)) return value
  throw new DigisInputError({
    field: 'display_name',
    expected: `text of at most ${MAX_DISPLAY_NAME} characters that PostgreSQL can store, without spaces at its ends`,
    given: describeGiven(value),
  })
}

/**
 * A username as it is written; `null`, which takes it away, for an empty text. Whether it is taken only the database
 * knows.
 *
 * @throws DigisInputError unless it is 3 to 30 letters from a to z, digits, dots and underscores, of which the first is
 * a letter or a digit
 */
export function checkUsername(value: unknown): string | null {
  if (value === '') return null
  if (typeof value === 'string' && USERNAME.test(value)) return value
  throw new DigisInputError({
    field: 'username',
    expected: '3 to 30 letters (a to z), digits, dots and underscores, beginning with a letter or a digit',
    given: describeGiven(value),
  })
}
