import { checkText } from '../input/text.js'
import type { User } from '../users/user.js'

/** A user who offers sessions. */
export type Creator = User & { readonly is_creator: true }

/** The longest search term, in characters. */
export const MAX_TERM = 500

/**
 * A search term without the spaces around it.
 *
 * @throws DigisInputError when it is too long or no text that PostgreSQL can take
 */
export function checkTerm(term: unknown): string {
  return checkText('term', term, MAX_TERM).trim()
}
