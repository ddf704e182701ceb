import { describe, expect, test } from 'vitest'
import { entryBytes } from './entry-size.js'
import { internFields } from './field-table.js'
import type { RawField, RawResult } from './raw-result.js'

const column = (dataTypeID: number, name = 'a'): RawField => ({
  name,
  tableID: 1,
  columnID: 1,
  dataTypeID,
  dataTypeSize: 4,
  dataTypeModifier: -1,
  format: 'text',
})
const raw = (dataTypeID: number, ...texts: (string | null)[]): RawResult => ({
  command: 'SELECT',
  rowCount: texts.length,
  fields: [column(dataTypeID)],
  rows: texts.map(text => [text]),
})
const TEXT = 25
const JSONB = 3802

describe('entryBytes', () => {
  const empty = entryBytes('', raw(TEXT))
  test.each<[string, number, number]>([
    ['an entry without rows', empty, 500],
    ['a long key', entryBytes('k'.repeat(2_000), raw(TEXT)) - empty, 2_000],
    ['a text', entryBytes('', raw(TEXT, 'x'.repeat(2_000))) - empty, 2_000],
    [
      'a text beyond Latin-1, two bytes a character',
      entryBytes('', raw(TEXT, 'ж'.repeat(2_000))) - empty,
      4_000,
    ],
    ['what JSON is parsed into', entryBytes('', raw(JSONB, 'x'.repeat(2_000))) - empty, 6_000],
    ['rows of nothing', entryBytes('', raw(TEXT, ...Array(100).fill(null))) - empty, 6_000],
  ])('counts %s', (_, bytes, least) => {
    expect(bytes).toBeGreaterThanOrEqual(least)
    expect(bytes).toBeLessThan(2 * least + 2_000)
  })
})

describe('internFields', () => {
  test('gives the same array for the same columns only', () => {
    const fields = internFields([column(25), column(23)])
    expect(internFields(fields)).toBe(fields)
    expect(internFields([column(25), column(23)])).toBe(fields)
    expect(internFields([column(23), column(25)])).not.toBe(fields)
    expect(internFields([column(25, 'b'), column(23)])).not.toBe(fields)
  })
})
