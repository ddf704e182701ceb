import { checkMoney } from '../input/amounts.js'
import { checkBoolean, checkText } from '../input/text.js'
import { checkDisplayName, checkUsername } from './user-names.js'

/** A row of `users`. */
export interface User {
  readonly id: number
  readonly supabase_id: string
  readonly is_creator: boolean
  readonly bio: string
  readonly profile_pic_url: string
  /** Decimal text with two places, as pg returns a numeric: exact. */
  readonly price_per_min: string
  /** `null`: none. */
  readonly display_name: string | null
  /** As it is written; in any case it is nobody else's. `null`: none. */
  readonly username: string | null
  readonly created_at: Date
  readonly updated_at: Date
}

/** What a user may say of themself. */
export interface Profile {
  readonly is_creator: boolean
  /** At most {@link MAX_BIO} characters. */
  readonly bio: string
  /** At most {@link MAX_PROFILE_PIC_URL} characters; stored as it is, so check it before you show it. */
  readonly profile_pic_url: string
  /** From 0 to {@link MAX_PRICE_PER_MIN}, rounded to cents; decimal text is exact. */
  readonly price_per_min: number | string
  /** At most {@link MAX_DISPLAY_NAME} characters, without spaces at its ends; empty: none. */
  readonly display_name: string
  /** 3 to 30 letters from a to z, digits, dots and underscores, of which the first is none of the last two; empty: none. */
  readonly username: string
}

/** A part of a {@link Profile}; `null` and `undefined` count as not given. A name is taken away by an empty text. */
export type ProfileChanges = { readonly [F in keyof Profile]?: Profile[F] | null | undefined }

/** Each of these bounds is a constraint of the database too. */
export const MAX_BIO = 5_000
export const MAX_PROFILE_PIC_URL = 2_048
export const MAX_PRICE_PER_MIN = 10_000

const CHECKS: { readonly [F in keyof Profile]: (value: unknown) => unknown } = {
  is_creator: value => checkBoolean('is_creator', value),
  bio: value => checkText('bio', value, MAX_BIO),
  profile_pic_url: value => checkText('profile_pic_url', value, MAX_PROFILE_PIC_URL),
  price_per_min: value => checkMoney('price_per_min', value, MAX_PRICE_PER_MIN),
  display_name: checkDisplayName,
  username: checkUsername,
}

/** The fields of a profile, in the order in which they are written. */
export const PROFILE_FIELDS = Object.keys(CHECKS) as readonly (keyof Profile)[]

/**
 * The given fields, checked, as PostgreSQL takes them. Fields that no profile has are left out.
 *
 * @throws DigisInputError naming the first field that cannot be right
 */
export function checkProfile(changes: ProfileChanges): Map<keyof Profile, unknown> {
  const given = PROFILE_FIELDS.filter(field => changes[field] !== undefined && changes[field] !== null)
  return new Map(given.map(field => [field, CHECKS[field](changes[field])]))
}
