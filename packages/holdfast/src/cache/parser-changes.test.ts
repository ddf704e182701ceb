import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { prepare } from './materializer.js'
import { parserChanges, watchParsers } from './parser-changes.js'

const { NUMERIC } = pg.types.builtins
const { setTypeParser: unwatched } = pg.types
const numeric = pg.types.getTypeParser(NUMERIC)
afterEach(() => unwatched(NUMERIC, numeric))

const column = { tableID: 1, columnID: 1, dataTypeSize: 4, dataTypeModifier: -1, format: 'text' }
const raw = {
  command: 'SELECT',
  rowCount: 1,
  fields: [
    { ...column, name: 'n', dataTypeID: NUMERIC },
    { ...column, name: 't', dataTypeID: pg.types.builtins.TEXT },
  ],
  rows: [['1.50', 'x']],
}

test('counts the parsers that are set, and sets them', () => {
  expect(watchParsers() && watchParsers()).toBe(true)
  const before = parserChanges()
  pg.types.setTypeParser(NUMERIC, Number)
  pg.types.setTypeParser(NUMERIC, 'text', Number)
  expect(parserChanges()).toBe(before + 2)
  expect(pg.types.getTypeParser(NUMERIC)).toBe(Number)
})

test('a parser that is set past the count is noticed within as many hits as there are types', () => {
  const materialize = prepare(raw)
  expect(materialize().rows).toEqual([{ n: '1.50', t: 'x' }])
  unwatched(NUMERIC, Number)
  const hits = [materialize(), materialize()]
  expect(hits[1]?.rows).toEqual([{ n: 1.5, t: 'x' }])
})

test('the count of another type does not make anything parse again', () => {
  const parsed: string[] = []
  unwatched(NUMERIC, text => parsed.push(text))
  const materialize = prepare(raw)
  materialize()
  pg.types.setTypeParser(pg.types.builtins.MONEY, String)
  materialize()
  materialize()
  expect(parsed).toEqual(['1.50'])
})
