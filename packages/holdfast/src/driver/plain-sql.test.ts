import { describe, expect, test } from 'vitest'
import { fromFirstWord, withoutQuoted } from './plain-sql.js'

describe('a text from its first word on', () => {
  test.each([
    ['SELECT 1', 'SELECT 1'],
    [' \n\tSELECT 1', 'SELECT 1'],
    ['-- a\n-- b\nSELECT 1', 'SELECT 1'],
    ['/* a\n b */ /* c */SELECT 1', 'SELECT 1'],
    ['-- nothing else', ''],
    ['/* without end', '/* without end'],
    ['', ''],
  ])('of %j is %j', (text, expected) => expect(fromFirstWord(text)).toBe(expected))

  test('is found in a time that grows with the text, whatever its comments are', () => {
    const text = `${'/* */ '.repeat(100_000)}SELECT`
    expect(fromFirstWord(text)).toBe('SELECT')
  })
})

describe('a text without what is quoted', () => {
  test.each([
    ["SELECT 'it''s' AS x", 'SELECT   AS x'],
    [String.raw`SELECT E'it\'s' AS x`, 'SELECT   AS x'],
    ['SELECT "a""b" FROM t', 'SELECT   FROM t'],
    ['SELECT $$a$$, $x$b $$ c$x$ -- d', 'SELECT  ,    '],
    ['SELECT 1 /* a */ + 2', 'SELECT 1   + 2'],
  ])('of %j is %j', (text, expected) => expect(withoutQuoted(text)).toBe(expected))
})
