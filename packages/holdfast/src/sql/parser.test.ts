import { beforeAll, expect, test } from 'vitest'
import { SHOP_TABLES, shop } from '../../test/support/hand-made-facts.js'
import { planWords } from '../../test/support/plan-words.js'
import { Analyzer } from './analyzer.js'
import { Catalog } from './catalog.js'
import { fingerprint } from './fingerprint.js'
import { parse } from './parse.js'
import { isParserReady, loadParser } from './parser.js'

beforeAll(() => loadParser())

/** Nested so deeply that the parser overruns its stack. */
const DEEP = `SELECT ${'1+'.repeat(40_000)}1`

test('a text that crashes the parser is taken for anything, once, and the parser comes back', async () => {
  const analyzer = new Analyzer(new Catalog(shop(), SHOP_TABLES))
  expect(planWords(analyzer.analyze(DEEP))).toBe('write')
  expect(isParserReady()).toBe(false)
  // Meanwhile nothing is understood, and nothing of that is remembered.
  expect(planWords(analyzer.analyze('SELECT * FROM users'))).toBe('write')
  expect(planWords(analyzer.analyze('SELECT 1; COMMIT'))).toBe('opaque session')
  await expect.poll(isParserReady, { timeout: 5_000 }).toBe(true)
  expect(planWords(analyzer.analyze('SELECT * FROM users'))).toBe('read users')
  expect(planWords(analyzer.analyze(DEEP))).toBe('write')
  expect(isParserReady()).toBe(true)
})

test.each([
  ['SELECT 1', [8]],
  ['SELECT 1;', [8]],
  ["SELECT 'é😀'; SELECT 2 -- ende", [12, 30]],
  ['', []],
  [' \n\t', []],
  ['-- only a comment', []],
  [';;', []],
])('statements end where they end, in characters: %j', (text, ends) => {
  expect(parse(text).statements?.map(statement => statement.end)).toEqual(ends)
})

test.each([
  ['SELEC 1', /syntax error/],
  ['SELECT 1\0; DROP TABLE users', /NUL/],
  [`SELECT '${'x'.repeat(1_000_001)}'`, /longer/],
  ["SELECT 'open", /unterminated/],
])('what cannot be parsed comes back as a problem: %.30s', (text, problem) => {
  expect(parse(text).problem).toMatch(problem)
})

test('texts that differ only in constants have one fingerprint', () => {
  expect(fingerprint('SELECT 1 FROM t WHERE a = 2')).toBe(fingerprint('select 3 from t where a = 4'))
  expect(fingerprint('SELECT a FROM t')).not.toBe(fingerprint('SELECT b FROM t'))
  expect(fingerprint('SELEC')).toBeUndefined()
  expect(fingerprint("SELECT 'without end")).toBeUndefined()
})
