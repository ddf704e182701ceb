import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import type { RawField } from './raw-result.js'
import { compiledShape, interpretedShape, shapeOf } from './result-shape.js'

const hostile = [
  '__proto__',
  'constructor',
  '0',
  '10',
  '',
  '"',
  "'",
  '`\u0024{x}`',
  '\\',
  '\n',
  '\u2028',
  '});throw 1//',
  '\ud800',
]
const column = (name: string): RawField => ({
  name,
  tableID: 4_294_967_295,
  columnID: 1,
  dataTypeID: 23,
  dataTypeSize: -1,
  dataTypeModifier: -1,
  format: 'text',
})
const names = fc.array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' })), {
  maxLength: 12,
})

/** What pg makes of a row of texts. */
function pgRow(fields: readonly RawField[], texts: string[]) {
  const result = new (
    pg as unknown as { Result: new (rowMode: undefined, types: object) => PgInside }
  ).Result(undefined, {
    getTypeParser: () => String,
  })
  result.addFields(fields)
  return { row: result.parseRow(texts), empty: result._prebuiltEmptyResultObject }
}
interface PgInside {
  _prebuiltEmptyResultObject: object
  addFields(fields: readonly RawField[]): void
  parseRow(texts: string[]): object
}

const entries = (object: object) =>
  Reflect.ownKeys(object).map(key => Object.getOwnPropertyDescriptor(object, key))
const keys = (object: object) => Reflect.ownKeys(object)

describe.each([
  ['compiled', compiledShape],
  ['interpreted', interpretedShape],
])('a shape, %s', (_, make) => {
  test('makes the rows that pg makes, for any names of columns', () => {
    fc.assert(
      fc.property(names, fc.boolean(), (columns, copies) => {
        const fields = columns.map(column)
        const texts = columns.map((_, index) => `value ${index}`)
        const shape = make({ fields, copied: columns.map(() => copies), asArray: false })
        const { row, empty } = pgRow(fields, texts)
        const made = shape?.row(['skipped', ...texts], 1) as object
        expect([keys(made), entries(made)]).toEqual([keys(row), entries(row)])
        expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
        expect(keys(shape?.empty ?? [])).toEqual(keys(empty))
        expect(Object.isFrozen(shape?.empty)).toBe(true)
        expect(shape?.fields.map(field => ({ ...field }))).toEqual(fields)
      }),
    )
  })

  test('makes arrays, whatever the names', () => {
    const fields = ['a', 'a', '__proto__'].map(column)
    const shape = make({ fields, copied: [false, true, false], asArray: true })
    expect(shape?.row([1, new Date(2), 3], 0)).toStrictEqual([1, new Date(2), 3])
  })
})

describe('shapeOf', () => {
  test('gives results of the same columns the same shape, and others another', () => {
    const options = { fields: [column('a')], copied: [false], asArray: false }
    expect(shapeOf({ ...options, fields: [column('a')] })).toBe(shapeOf(options))
    expect(shapeOf({ ...options, copied: [true] })).not.toBe(shapeOf(options))
    expect(shapeOf({ ...options, asArray: true })).not.toBe(shapeOf(options))
    expect(shapeOf({ ...options, fields: [{ ...column('a'), tableID: 1 }] })).not.toBe(shapeOf(options))
  })

  test('cannot be made to run code by a description that is none', () => {
    const tableID = '0);throw new Error("ran"' as unknown as number
    expect(
      shapeOf({ fields: [{ ...column('a'), tableID }], copied: [false], asArray: false }).fields,
    ).toHaveLength(1)
  })
})
