import { beforeAll, describe, expect, test } from 'vitest'
import { facts, relation, SHOP_TABLES, shop } from '../../test/support/hand-made-facts.js'
import { planWords } from '../../test/support/plan-words.js'
import { Analyzer } from './analyzer.js'
import { Catalog } from './catalog.js'
import type { CatalogFacts } from './catalog-facts.js'
import { loadParser } from './parser.js'

beforeAll(() => loadParser())

const analyzer = new Analyzer(new Catalog(shop(), SHOP_TABLES))
const wordsOf = (text: string, changes: Partial<CatalogFacts>) =>
  planWords(new Analyzer(new Catalog({ ...shop(), ...changes }, SHOP_TABLES)).analyze(text))

describe('the analyzer', () => {
  test('gives one text one plan, frozen', () => {
    const plan = analyzer.analyze('SELECT * FROM users WHERE id = $1')
    expect(analyzer.analyze('SELECT * FROM users WHERE id = $1')).toBe(plan)
    expect(Object.isFrozen(plan)).toBe(true)
  })

  test('forgets the plans that were not used for longest', () => {
    const first = analyzer.analyze('SELECT 0 FROM users')
    const second = analyzer.analyze('SELECT 1 FROM users')
    for (let i = 2; i < 2_000; i++) analyzer.analyze(`SELECT ${i} FROM users`)
    expect(analyzer.analyze('SELECT 0 FROM users')).toBe(first)
    for (let i = 2_000; i < 2_010; i++) analyzer.analyze(`SELECT ${i} FROM users`)
    expect(analyzer.analyze('SELECT 0 FROM users')).toBe(first)
    expect(analyzer.analyze('SELECT 1 FROM users')).not.toBe(second)
  })

  test.each([
    ['SELEC 1', 'write'],
    ['SELEC 1;', 'write'],
    ['SELECT 1; COMIT', 'opaque session'],
    ['COMMIT WORK NOW', 'opaque session'],
    ['-- x\nBEGIN SOMETHING', 'write'],
    ['/* x */ BEGIN SOMETHING', 'opaque session'],
    ['SELECT 1\0; COMMIT', 'opaque session'],
  ])('takes what it cannot parse for a write, or for anything when it may be more: %j', (text, plan) => {
    expect(planWords(analyzer.analyze(text))).toBe(plan)
  })

  test('does not trust its reading of backslashes when the server reads them in another way', () => {
    const { server } = shop()
    const settings = { ...server.settings, standard_conforming_strings: 'off' }
    const text = String.raw`SELECT '\'; DELETE FROM users; --' FROM users`
    expect(wordsOf(text, {})).toBe('batch writes users')
    expect(wordsOf(text, { server: { ...server, settings } })).toBe('opaque session')
    expect(wordsOf('SELECT * FROM users', { server: { ...server, settings } })).toBe('read users')
  })

  test('trusts no equality for which a user has made an operator', () => {
    expect(wordsOf('SELECT * FROM users WHERE id = 1', { equalityTypes: [20] })).toBe('read users')
  })

  test('trusts no cast by a name that somebody else may own', () => {
    const { server } = shop()
    const other = { server: { ...server, searchPath: ['public', 'pg_catalog'] } }
    expect(wordsOf('SELECT * FROM users WHERE id = $1::int8', other)).toBe('read users')
    expect(wordsOf('SELECT * FROM users WHERE id = $1', other)).toBe('read users.id=$1')
  })

  test('sees casts that call functions of users, written or not', () => {
    const written = { casts: [['mood', false]] } as const
    expect(wordsOf('SELECT name::mood FROM users', written)).toBe('write')
    expect(wordsOf('SELECT name FROM users', written)).toBe('read users')
    const unasked = { casts: [['mood', true]] } as const
    expect(wordsOf('SELECT name FROM users', unasked)).toBe('read users | not-immutable-function')
  })

  test('does not understand what is new to it', () => {
    const endless = relation(1, 'endless id:int8', { kind: 'v', definition: 'SELECT * FROM endless' })
    const broken = relation(2, 'broken id:int8', { kind: 'v', definition: 'nonsense' })
    const catalog = new Catalog(facts({ relations: [endless, broken] }), { tables: [] })
    const words = (text: string) => planWords(new Analyzer(catalog).analyze(text))
    expect(words('SELECT * FROM endless')).toBe('read | not-understood')
    expect(words('SELECT * FROM broken')).toBe('read | not-understood')
  })

  test('says in a sentence what is in the way', () => {
    const plan = analyzer.analyze('SELECT * FROM users, secrets, pg_class FOR UPDATE')
    expect(plan).toMatchObject({
      uncacheable: 'row-locks',
      detail: 'It locks rows, which only the server can do.',
    })
    const other = analyzer.analyze('SELECT random() FROM secrets')
    expect(other).toMatchObject({ detail: 'secrets is not among the tables that are cached.' })
  })
})
