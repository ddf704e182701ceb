import Type from 'typebox'

/** A key of the database: a positive whole number. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1] })

/** A moment, in UTC. */
export const Moment = Type.String({ format: 'date-time', examples: ['2026-01-31T18:30:00.000Z'] })

/** A moment that may not have come yet. */
export const MomentOrNull = Type.Union([Moment, Type.Null()])

/** Everything but NUL, line breaks included. */
const STORABLE = '^[^\\u0000]*$'
/** Up to eight digits and two decimals, no sign. */
const AMOUNT = '^\\d{1,8}(\\.\\d{1,2})?$'

/** Four, two and two digits. */
const DAY = '^\\d{4}-\\d{2}-\\d{2}$'

/** No space at either end, no NUL. */
const DISPLAY_NAME = '^[^ \\u0000]([^\\u0000]*[^ \\u0000])?$'
/** Three to thirty signs of ASCII: no letter of another alphabet passes for one of somebody's name. */
const USERNAME = '^[A-Za-z0-9][A-Za-z0-9._]{2,29}$'

/** What to say instead of a pattern that does not match. */
export const PATTERN_MESSAGES: Readonly<Record<string, string>> = {
  [STORABLE]: 'must not contain the NUL character',
  [AMOUNT]: 'must be an amount as text, such as "12.50"',
  [DAY]: 'must be a day such as 2026-01-31',
  [DISPLAY_NAME]: 'must be text without spaces at its ends and without the NUL character, or null for none',
  [USERNAME]:
    'must be 3 to 30 letters (a to z), digits, dots and underscores, beginning with a letter or a digit, or null for none',
}

/** Money as it is sent: exact decimal text, because binary fractions cannot hold cents. */
export function amount(description: string, example: string) {
  return Type.String({ pattern: AMOUNT, description, examples: [example] })
}

/** Money as it is answered: decimal text with two decimals. */
export function money(description: string, example: string) {
  return Type.String({ pattern: '^\\d+\\.\\d{2}$', description, examples: [example] })
}

/** A day of UTC, `YYYY-MM-DD`. */
export function day(description: string) {
  return Type.String({ pattern: DAY, description, examples: ['2026-01-31'] })
}

/** Text of at most `maxLength` characters. PostgreSQL cannot store the NUL character, so it is refused here by name. */
export function line(options: {
  maxLength: number
  minLength?: number
  description: string
  examples?: string[]
}) {
  return Type.String({ pattern: STORABLE, ...options })
}

/**
 * A name that may be missing. One schema with two types, and no choice of schemas, so that what does not fit is told by
 * the rule that it breaks and not as "none of these".
 */
function nameOrNull(schema: { pattern: string; maxLength: number; description: string; examples: string[] }) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], minLength: 1, ...schema })
}

/** What somebody wants to be called; `null`: nothing. The bounds are those of the database. */
export const DisplayName = nameOrNull({
  pattern: DISPLAY_NAME,
  maxLength: 100,
  description: 'What they want to be called; `null`: nothing.',
  examples: ['Ana Bela'],
})

/** A name that is one person's; `null`: none. Whether it is taken is told by the database, as `duplicate`. */
export const Username = nameOrNull({
  pattern: USERNAME,
  maxLength: 30,
  description: 'A name that nobody else has, in upper or lower case; `null`: none.',
  examples: ['ana.bela'],
})

/** The path parameters of one thing. */
export const IdParams = Type.Object({ id: Id }, { additionalProperties: false })
