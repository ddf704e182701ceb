import { expect, test } from 'vitest'
import { parseMigration } from './migration-file.js'
import { planMigrations } from './plan.js'

const file = (name: string, text = `SELECT '${name}'`) => parseMigration(name, new TextEncoder().encode(text))
const one = file('0001_one.sql')
const two = file('0002_two.sql')
const five = file('0005_five.sql')

test('a new database gets every file, and gaps between numbers do not matter', () => {
  expect(planMigrations([one, two, five], []).pending).toEqual([one, two, five])
})

test('a database gets what it does not have yet', () => {
  expect(planMigrations([one, two, five], [one, two]).pending).toEqual([five])
  expect(planMigrations([one, two, five], [one, two, five])).toEqual({ pending: [], newer: [] })
})

test('a file changed after it was applied is named', () => {
  expect(() => planMigrations([file('0001_one.sql', 'SELECT 2'), two], [one])).toThrow(
    /^0001_one\.sql: was changed after it was applied/,
  )
})

test('an applied file that is gone is named', () => {
  expect(() => planMigrations([two], [one, two])).toThrow(/^0001_one\.sql: was applied .* does not have it/)
})

test('an applied file under another name is named with both names', () => {
  expect(() => planMigrations([file('0001_uno.sql')], [one])).toThrow(/^0001_uno\.sql: .*0001_one\.sql/)
})

test('what newer code has applied is accepted when its file was known not to break older code', () => {
  expect(planMigrations([one], [one, two])).toEqual({ pending: [], newer: [two] })
  const breaking = file('0002_two.sql', '--! breaking\nDROP TABLE a')
  expect(() => planMigrations([one], [one, breaking])).toThrow(
    /^0002_two\.sql: was applied by newer code .* breaks/,
  )
  expect(() => planMigrations([one], [one, { ...two, breaking: null }])).toThrow(/may break older code/)
})

test('a new file with a number below an applied one is refused', () => {
  expect(() => planMigrations([one, two, five], [one, five])).toThrow(
    '0002_two.sql: is new, but 0005_five.sql has already been applied. Give it a number above 5.',
  )
})
