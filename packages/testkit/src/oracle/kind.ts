import type { Draw } from './draw.js'

/** A type of columns with a small domain, so that values meet. */
export interface Kind {
  /** The name of the type in SQL. */
  readonly type: string
  /** Their usual spellings; the first three are drawn most often. */
  readonly values: readonly string[]
  /** Other spellings of the same and of similar values, as the server takes them. */
  readonly odd: readonly string[]
  /** What a parameter is in JavaScript, if not a text. */
  readonly native?: (text: string) => unknown
  /** Values of another type that is compared with this one across types. */
  readonly cousin?: string
  /** Whether a cache may tell rows apart by values of it: equal ones have one spelling. */
  readonly isKey?: true
  /** Makes equal values look equal, so that results do not depend on which of them the server picks. */
  readonly uniform?: (expression: string) => string
}

/** With letters, so that upper and lower case differ. */
const uuids = [1, 2, 3, 4, 5, 6, 7, 8].map(n => `abcdef00-0000-4000-8000-00000000000${n}`)
/** What all types of whole numbers have in common. */
const integers = {
  values: ['1', '2', '3', '4', '5', '0', '-1', '6', '7', '8'],
  odd: [' 2', '+3', '01', '3 ', '-0', '0_1', '0x2'],
  native: Number,
}
/** Case, accents in both ways to write them, blanks, quotes and words of SQL. */
const texts = ['a', 'b', 'A', '', 'é', 'e\u0301', 'a ', "o'x", '日本', 'NULL', '\\x']

export const INT: Kind = { ...integers, type: 'int4', cousin: 'int8', isKey: true }
export const TEXT: Kind = {
  type: 'text',
  values: texts,
  odd: ['á', ' a', 'B'],
  cousin: 'varchar',
  isKey: true,
}
const BIGINT: Kind = { ...integers, type: 'int8', native: BigInt, cousin: 'numeric', isKey: true }
const SMALL: Kind = { ...integers, type: 'int2', cousin: 'float4', isKey: true }
const UUID: Kind = {
  type: 'uuid',
  isKey: true,
  values: uuids,
  odd: [
    ...uuids.map(id => id.toUpperCase()),
    ...uuids.map(id => `{${id}}`),
    ...uuids.map(id => id.replaceAll('-', '')),
  ],
}
const BOOL: Kind = {
  type: 'bool',
  isKey: true,
  values: ['true', 'false'],
  odd: ['t', 'yes', 'on', '1', ' f ', 'NO', '0', 'of'],
  native: text => text === 'true',
}
const DATE: Kind = {
  type: 'date',
  isKey: true,
  values: ['2024-01-01', '2024-01-02', '2024-02-29', '0099-01-01'],
  odd: ['Jan 1, 2024', '20240102', '2024-1-1', '2024-01-01 00:00', 'infinity', '2024-01-02 BC'],
  cousin: 'timestamp',
}
const MOOD: Kind = { type: 'mood', values: ['sad', 'ok', 'happy'], odd: ['ok'], isKey: true }
/** 1 equals 1.0, and both are shown as they were given. */
const NUMERIC: Kind = {
  type: 'numeric',
  values: ['1', '1.0', '2', '2.50', '2.5', 'NaN', '-1'],
  odd: ['1e0', ' 2.5', '+1', '1.000'],
  cousin: 'int4',
  uniform: expression => `trim_scale(${expression})`,
}
const VARCHAR: Kind = { type: 'varchar(3)', values: texts, odd: ['a  ', 'abcd'], cousin: 'text', isKey: true }
/** Blanks at its end mean nothing. */
const CHAR: Kind = { type: 'char(3)', values: ['a', 'a ', 'b', 'é'], odd: ['a  ', 'b '], cousin: 'text' }
/** Upper and lower case are equal. */
const LOOSE: Kind = {
  type: 'loose',
  values: ['a', 'A', 'b', 'B', 'é', 'É'],
  odd: ['e\u0301'],
  uniform: expression => `normalize(lower(${expression}))`,
}
const SHORT: Kind = { type: 'short', values: texts, odd: ['c'], cousin: 'text' }
const SMALLISH: Kind = { ...integers, type: 'smallish', cousin: 'int4' }
const BYTES: Kind = { type: 'bytea', values: ['\\x00', '\\xff', '\\xab'], odd: ['\\xAB', 'a'], isKey: true }

/** Types that a primary key is made of. */
export const KEY_KINDS: readonly Kind[] = [INT, BIGINT, UUID, TEXT, SMALL, VARCHAR, MOOD, DATE, SMALLISH]

/** Types of columns, the simplest and the most frequent ones first. */
export const KINDS: readonly Kind[] = [
  ...[INT, TEXT, INT, BOOL, BIGINT, MOOD, UUID, DATE],
  ...[NUMERIC, VARCHAR, CHAR, LOOSE, SHORT, SMALLISH, BYTES, SMALL],
]

/** What has to exist before a column can be of each of these types. */
export const TYPES: readonly string[] = [
  `CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')`,
  `CREATE COLLATION loosely (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
  'CREATE DOMAIN loose AS text COLLATE loosely',
  'CREATE DOMAIN short AS text CHECK (length(value) < 9)',
  'CREATE DOMAIN smallish AS int4 CHECK (value < 99)',
]

/** A text as a constant. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A value of a type: mostly one of a few, so that values meet. */
function likely(draw: Draw, { values }: Kind): string {
  return draw.chance(40) ? draw.pick(values) : draw.pick(values.slice(0, 3))
}

/** A constant of a type, in one of the ways to write it. */
export function constant(draw: Draw, kind: Kind): string {
  const text = draw.chance(15) ? draw.pick(kind.odd) : likely(draw, kind)
  const isNumber = /^-?\d+$/.test(text) && kind.native !== undefined
  return draw.weighted([
    [6, isNumber ? text : quoted(text)],
    [3, `${quoted(text)}::${kind.type}`],
    [2, quoted(text)],
    [1, `CAST(${quoted(text)} AS ${kind.cousin ?? kind.type})`],
    [1, isNumber ? `${text}.0` : `${quoted(text)}::${kind.type}`],
    [draw.chance(30) ? 1 : 0, 'NULL'],
  ])
}

/** A value of a type that is not one of the likely ones: a key that is not taken, perhaps. */
export function unlikely(draw: Draw, { values, type }: Kind): string {
  return `${quoted(draw.pick([...values].reverse()))}::${type}`
}

/** A value of a type, certain in its type and never NULL. */
export function typed(draw: Draw, kind: Kind): string {
  return `${quoted(likely(draw, kind))}::${kind.type}`
}

/** A value for a parameter of a type: a text in some spelling, or what JavaScript has for it. */
export function parameterValue(draw: Draw, kind: Kind): unknown {
  if (draw.chance(3)) return null
  if (draw.chance(15)) return draw.pick(kind.odd)
  const text = likely(draw, kind)
  return kind.native !== undefined && draw.chance(50) ? kind.native(text) : text
}
