import { beforeAll, expect, test } from 'vitest'
import { normalizeStatement } from './normalize.js'
import { loadParser } from './parser.js'

beforeAll(() => loadParser())

test.each([
  ["SELECT 'é😀', $1, 1.5e3, .5, B'101', X'ff' FROM t", 'SELECT ?, $1, ?, ?, ?, ? FROM t'],
  ["SELECT E'it\\'s', U&'\\0041', $$a$$, $tag$b$tag$", 'SELECT ?, ?, ?, ?'],
  ['SELECT a -- secret\n FROM t /* secret */ WHERE\tb=1', 'SELECT a FROM t WHERE b=?'],
  ["ALTER ROLE x PASSWORD 'secret'", 'ALTER ROLE x PASSWORD ?'],
  ["SELEC 'secret' 12", 'SELEC ? ?'],
  ['SELECT "Mixed Name", t1.c2 FROM t1', 'SELECT "Mixed Name", t1.c2 FROM t1'],
  ['', ''],
  ['-- only a comment', ''],
])('%j is shown as %j', (text, shown) => {
  expect(normalizeStatement(text)).toBe(shown)
})

test.each([
  "SELECT 12, 'without end",
  'SELECT $tag$without end',
  'SELECT /* without end',
  `SELECT "without end`,
])('of what cannot even be scanned, only the words before a quote are shown: %j', text => {
  const shown = normalizeStatement(text)
  expect(shown).toMatch(/^SELECT( \?,)? …$/)
  expect(shown).not.toContain('without')
})
