import { expect, test } from 'vitest'
import { LONGEST_SHAPED, statementShape } from './statement-shape.js'

test.each([
  ['SELECT 1', 'SELECT 234.5'],
  ["SELECT 'a'", "SELECT 'it''s'"],
  ['SELECT * FROM t WHERE id IN (1, 2, 3)', 'SELECT * FROM t WHERE id IN (4, 5)'],
  ['INSERT INTO t VALUES ($1, $2), ($3, $4), ($5, $6)', 'INSERT INTO t VALUES ($1, $2), ($3, $4)'],
  ["SELECT 'unterminated", "SELECT 'also"],
])('%j and %j are the same statement', (a, b) => {
  expect(statementShape(a)).toBe(statementShape(b))
})

test.each([
  ['SELECT a FROM t', 'SELECT b FROM t'],
  ['SELECT t1.a FROM t1', 'SELECT t2.a FROM t2'],
  ['SELECT 1, a', 'SELECT a, 1'],
])('%j and %j are not', (a, b) => {
  expect(statementShape(a)).not.toBe(statementShape(b))
})

test('a long text is told apart by its beginning, and neither quotes nor lists without end take long', () => {
  const long = `SELECT ${'x'.repeat(LONGEST_SHAPED)}`
  expect(statementShape(`${long} 1`)).toBe(statementShape(`${long} FROM elsewhere`))
  for (const part of ["'", "''", '1,', '(1),', '?,', '$?, ', "E'\\'"]) {
    expect(statementShape(part.repeat(1_000_000)).length).toBeLessThanOrEqual(LONGEST_SHAPED * 2)
  }
})
