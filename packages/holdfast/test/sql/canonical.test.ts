import { temporaryDatabase } from '@holdfast/testkit'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalOf } from '../../dist/sql/canonical.js'

let client: pg.Client
beforeAll(async () => {
  const { url } = await temporaryDatabase()
  client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`CREATE TYPE mood AS ENUM ('sad', 'SAD', ' sad')`)
  await client.query(
    'CREATE FUNCTION spelled(text, regtype) RETURNS text LANGUAGE plpgsql AS $$ DECLARE result text; BEGIN ' +
      "EXECUTE format('SELECT %L::%s::text', $1, $2) INTO result; RETURN result; " +
      'EXCEPTION WHEN data_exception OR numeric_value_out_of_range THEN RETURN NULL; END $$',
  )
})
afterAll(() => client.end())

const space = fc.constantFrom('', '', ' ', '\t', ' \n', '\v', '\u00a0')
const integer = fc
  .tuple(
    space,
    fc.constantFrom('', '+', '-', '--'),
    fc.constantFrom('', '0', '00'),
    fc.oneof(fc.nat(40_000), fc.bigInt({ min: 0n, max: 2n ** 64n })),
    space,
  )
  .map(parts => parts.join(''))
const uuid = fc
  .tuple(fc.uuid(), fc.constantFrom('{}', '{', '}', '', '', ''), fc.boolean(), fc.nat(31))
  .map(([id, braces, upper, cut]) => {
    const digits = id.replaceAll('-', '')
    const text = cut % 4 === 0 ? digits : `${digits.slice(0, cut)}-${digits.slice(cut)}`
    const cased = upper ? text.toUpperCase() : text
    return `${braces.includes('{') ? '{' : ''}${cased}${braces.includes('}') ? '}' : ''}`
  })
const word = fc
  .tuple(
    space,
    fc.constantFrom('true', 'false', 'yes', 'no', 'on', 'off', '1', '0', '10', 'tf'),
    fc.nat(5),
    fc.boolean(),
    space,
  )
  .map(([left, full, length, upper, right]) => {
    const cut = full.slice(0, length)
    return left + (upper ? cut.toUpperCase() : cut) + right
  })
const date = fc
  .tuple(
    fc.constantFrom('0001', '1900', '2000', '2023', '2024', '9999', '0000', '99'),
    fc.nat(14),
    fc.nat(33),
  )
  .map(([year, month, day]) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`)
const bytea = fc.oneof(
  fc.uint8Array({ maxLength: 6 }).map(bytes => `\\x${Buffer.from(bytes).toString('hex').toUpperCase()}`),
  fc.constantFrom('\\x', '\\x1', '\\x 12', '\\x1 2', 'abc', '\\\\', '\\000', '\\X12', ''),
)

const TYPES = [
  { type: 'int2', name: 'int2', texts: integer },
  { type: 'int4', name: 'int4', texts: integer },
  { type: 'int8', name: 'int8', texts: integer },
  { type: 'uuid', name: 'uuid', texts: uuid },
  { type: 'bool', name: 'bool', texts: word },
  { type: 'date', name: 'date', texts: date },
  { type: 'bytea', name: 'bytea', texts: bytea },
  { type: 'enum', name: 'mood', texts: fc.constantFrom('sad', 'SAD', ' sad', 'sad ', 'glad') },
  {
    type: 'text',
    name: 'text',
    texts: fc.string({ unit: 'grapheme', maxLength: 8 }).filter(text => !text.includes('\0')),
  },
]

/** `bool::text` says `true`, the wire and the canonical spelling say `t`. */
function asOnTheWire(text: string | null): string | null {
  return text === 'true' || text === 'false' ? text.slice(0, 1) : text
}

describe('the canonical spelling agrees with the server (H11)', () => {
  test.each(TYPES)(
    'about $name: no other value, and none that the server refuses',
    async ({ type, name, texts }) => {
      const given = fc.sample(texts, { numRuns: 400, seed: 7 })
      const { rows } = await client.query('SELECT spelled(text, $2) FROM unnest($1::text[]) AS text', [
        given,
        name,
      ])
      const canonical = canonicalOf(type)
      let known = 0
      for (const [index, text] of given.entries()) {
        const server = type === 'bool' ? asOnTheWire(rows[index].spelled) : rows[index].spelled
        const spelling = canonical?.(text)
        // An enum's labels are the server's to know; whoever asks for another one gets an error, not a value.
        if (spelling === undefined || (type === 'enum' && server === null)) continue
        known++
        expect([text, spelling]).toEqual([text, server])
      }
      expect(known).toBeGreaterThan(50)
    },
  )
})
