import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { describeStatement } from './describe-statement.js'
import { sqlTokens } from './sql-tokens.js'

describe('a statement is summed up by its operations and tables', () => {
  test.each([
    ['select * from users', 'SELECT users'],
    ['SELECT 1', 'SELECT'],
    ['SELECT * FROM public.users u JOIN "Orders" o USING (id)', 'SELECT public.users "Orders"'],
    ['SELECT * FROM songs s, artists AS a, albums', 'SELECT songs artists albums'],
    ['INSERT INTO shipping (a, b) SELECT a, b FROM orders', 'INSERT shipping SELECT orders'],
    ['UPDATE ONLY accounts SET balance = 1 WHERE id = $1', 'UPDATE accounts'],
    ['DELETE FROM a USING b WHERE a.id = b.id', 'DELETE a b'],
    ['WITH x AS (SELECT * FROM a) UPDATE b SET c = 1 FROM x', 'SELECT a UPDATE b x'],
    ['SELECT * FROM (SELECT * FROM inner_table) t', 'SELECT SELECT inner_table'],
    ['SELECT extract(year FROM born) FROM people FOR UPDATE', 'SELECT people'],
    ['SELECT a IS DISTINCT FROM b FROM t', 'SELECT t'],
    ['SELECT * FROM generate_series(1, 9) g', 'SELECT'],
    ['INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1', 'INSERT t'],
    ['MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1', 'MERGE t s'],
    ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'BEGIN'],
    ['CREATE INDEX CONCURRENTLY i ON t (a)', 'CREATE INDEX'],
    ['BEGIN; SELECT * FROM a; COMMIT', 'BEGIN SELECT a COMMIT'],
    ['EXPLAIN SELECT * FROM t', 'EXPLAIN SELECT t'],
    ['(SELECT * FROM a) UNION (SELECT * FROM b)', 'SELECT a SELECT b'],
    ['', ''],
    [';;', ''],
    ['\u0000', ''],
  ])('%s', (text, summary) => {
    expect(describeStatement(text).summary).toBe(summary)
  })

  test('a summary is at most 255 characters, cut off between words', () => {
    const tables = Array.from({ length: 100 }, (_, at) => `table_${at}`)
    const { summary } = describeStatement(`SELECT * FROM ${tables.join()}`)
    expect(summary.length).toBeLessThanOrEqual(255)
    expect(summary).toMatch(/ table_\d+$/)
  })
})

describe('nothing of a literal or a comment is told', () => {
  test.each([
    ["SELECT 'secret', 42", 'SELECT ?, ?'],
    ["SELECT 'it''s secret'", 'SELECT ?'],
    ["SELECT E'a\\'secret' || 'b'", 'SELECT ? || ?'],
    ["SELECT U&'secret', B'0101', x'ab'", 'SELECT ?, ?, ?'],
    ['SELECT $$secret$$, $tag$secret $$ more$tag$', 'SELECT ?, ?'],
    ['SELECT $1, a1, "x 5"', 'SELECT $1, a1, "x 5"'],
    ['SELECT 1.5e-10, .5, 0xfe, 1_000', 'SELECT ?, ?, ?, ?'],
    ['SELECT 1 -- secret\n, /* secret /* nested */ secret */ 2', 'SELECT ? , ?'],
    ["SELECT 'secret that has no end", 'SELECT ?'],
    ["SELECT E'secret\\", 'SELECT ?'],
    ['SELECT $a$ secret', 'SELECT ?'],
    ['SELECT /* secret', 'SELECT'],
    ["SELECT 'a'\n'secret'", 'SELECT ? ?'],
  ])('%s', (text, masked) => {
    expect(describeStatement(text).text).toBe(masked)
  })
})

test('every text is taken to pieces that are the text again', () => {
  const pieces = fc.constantFrom(
    ...[
      "'",
      "E'",
      '"',
      '\\',
      '$$',
      '$a$',
      '$1',
      '/*',
      '*/',
      '--',
      '\n',
      '1.5e+3',
      'FROM',
      '(',
      ')',
      ';',
      'é',
    ],
  )
  const sql = fc
    .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 20 })
    .map(all => all.join(''))
  fc.assert(
    fc.property(sql, text => {
      expect(
        sqlTokens(text)
          .map(token => token.text)
          .join(''),
      ).toBe(text)
      describeStatement(text)
    }),
  )
})
