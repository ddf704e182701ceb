/**
 * The one spelling of a value of some type, given in any of the spellings that PostgreSQL takes; `undefined` when
 * it cannot tell, and the caller then uses a coarser tag. Never guesses: two texts with the same result are equal on
 * the server, and two with different results are not.
 */
export type Canonical = (text: string) => string | undefined

/** No number or word of a canonical type is longer; what is, is padding, and not worth the work. In UTF-16 units. */
const LONGEST_WORD = 100

/** What C's `isspace` takes for white space, in the character class of a regular expression. */
const SPACE = '[ \\t\\n\\v\\f\\r]*'
const INTEGER = new RegExp(`^${SPACE}([+-]?)([0-9]+)${SPACE}$`)
const UUID = /^(\{?)((?:[0-9a-f]{4}-?){7}[0-9a-f]{4})(\}?)$/i
const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/
const BYTEA = /^\\x(?:[0-9a-fA-F]{2})*$/
const TRIMMED = new RegExp(`^${SPACE}(.*?)${SPACE}$`, 's')

/** Whole numbers that fit into a number of bits; hexadecimal, octal and `1_000` are left to the server. */
const integer =
  (bits: number): Canonical =>
  text => {
    const match = INTEGER.exec(text)
    if (match === null || text.length > LONGEST_WORD) return undefined
    const value = BigInt(match[2] ?? '') * (match[1] === '-' ? -1n : 1n)
    return BigInt.asIntN(bits, value) === value ? value.toString() : undefined
  }

const uuid: Canonical = text => {
  const match = UUID.exec(text)
  if (match === null || (match[1] === '{') !== (match[3] === '}')) return undefined
  const digits = (match[2] ?? '').replaceAll('-', '').toLowerCase()
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The words that can be shortened, with the fewest letters that still say which one is meant. */
const BOOLEAN_WORDS = [
  ['true', 1, 't'],
  ['yes', 1, 't'],
  ['on', 2, 't'],
  ['1', 1, 't'],
  ['false', 1, 'f'],
  ['no', 1, 'f'],
  ['off', 2, 'f'],
  ['0', 1, 'f'],
] as const

const boolean: Canonical = text => {
  if (text.length > LONGEST_WORD) return undefined
  const word = (TRIMMED.exec(text)?.[1] ?? '').toLowerCase()
  return BOOLEAN_WORDS.find(([full, fewest]) => word.length >= fewest && full.startsWith(word))?.[2]
}

/** Only years of four digits in ISO order: everything else depends on DateStyle, or on the clock. */
const date: Canonical = text => {
  const match = DATE.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
  return year >= 1 && day >= 1 && day <= days ? text : undefined
}

/** Only the hexadecimal format; `bytea_output = escape` is left to the coarser tag. */
const bytea: Canonical = text => (BYTEA.test(text) ? text.toLowerCase() : undefined)

/** Text as it is. A lone surrogate would reach the server as another character. */
const verbatim: Canonical = text => (text.includes('\0') || /\p{Surrogate}/u.test(text) ? undefined : text)

const BY_TYPE: Readonly<Record<string, Canonical>> = {
  int2: integer(16),
  int4: integer(32),
  int8: integer(64),
  uuid,
  bool: boolean,
  date,
  bytea,
  text: verbatim,
  varchar: verbatim,
  enum: verbatim,
}

/**
 * How values of a type are spelled; `undefined` for a type whose equality is not byte equality of any spelling.
 *
 * @param type the type's name in `pg_catalog`, or `enum` for any enum type
 */
export function canonicalOf(type: string): Canonical | undefined {
  return Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined
}
