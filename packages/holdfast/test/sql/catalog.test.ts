import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCatalog } from '../../dist/sql/catalog.js'
import type { TableInfo } from '../../dist/sql/plan.js'
import { planWords } from '../support/plan-words.js'
import { OPTED_IN, type SqlShop, sqlShop } from '../support/sql-shop.js'

let shop: SqlShop
beforeAll(async () => {
  shop = await sqlShop()
})
afterAll(() => shop.end())

function table(name: string, schema = 'public'): TableInfo {
  const found = shop.catalog.tables.find(each => each.name === name && each.schema === schema)
  if (found === undefined) throw new Error(`no table ${name}`)
  return found
}

const keyed = (name: string) => table(name).keyed.map(column => column.name)

describe('the catalog', () => {
  test('names the server, its history and the settings that change the text of results', () => {
    const { server } = shop.catalog
    expect(server.version).toBeGreaterThanOrEqual(130_000)
    expect(server.systemIdentifier).toMatch(/^\d{10,}$/)
    expect(server.timeline).toBe(1)
    expect(server.databaseOid).toBeGreaterThan(0)
    expect(server.searchPath).toEqual(['pg_catalog', 'public'])
    expect(server.trackCounts).toBe(true)
    expect(server.settings).toMatchObject({ IntervalStyle: 'postgres', bytea_output: 'hex' })
  })

  test('tells rows apart only by columns whose equality is that of their text', () => {
    // Not: a loose collation, a domain, numeric, a generated column, an expression.
    expect(keyed('users')).toEqual(['id', 'email', 'mood', 'supabase_id'])
    expect(keyed('sessions')).toEqual(['id', 'day', 'creator_id', 'fan_id'])
    expect(keyed('measures')).toEqual(['id', 'at'])
    expect(keyed('totals')).toEqual(['session_id'])
  })

  test('counts partitions and children as their root, with the file that each is stored in', () => {
    const members = [...shop.catalog.members.values()]
    expect(members.filter(member => member.table === table('measures'))).toHaveLength(3)
    expect(members.filter(member => member.table === table('animals'))).toHaveLength(2)
    expect(members.filter(member => member.fileNode > 0).length).toBeGreaterThan(10)
  })

  test('knows what keeps a table from being cached, and what changes its rows on the way', () => {
    expect(table('scratch').uncacheable).toBe('unlogged-table')
    expect(table('tenants').uncacheable).toBe('row-level-security')
    expect(table('users').uncacheable).toBeUndefined()
    expect(table('animals').hasBeforeTriggers).toBe(true)
    expect(table('users').hasBeforeTriggers).toBe(false)
  })

  test('has a fingerprint that changes with the keyed columns only', async () => {
    const query = (text: string) => shop.client.query(text)
    const other = await loadCatalog(query, { tables: ['users', 'sessions'], keyed: { sessions: ['day'] } })
    const [users, sessions] = other.tables
    expect(sessions?.fingerprint).toBe(table('sessions').fingerprint)
    expect(users?.fingerprint).not.toBe(table('users').fingerprint)
    expect(users?.fingerprint).toMatch(/^[0-9a-f]{12}$/)
  })

  test.each([
    ['nowhere', 'the name of a table that exists', '"nowhere"'],
    ['audit.users', 'the name of a table that exists', '"audit.users"'],
    ['sad', 'a table or a materialized view', '"sad", which is something else'],
    ['pg_class', 'a table or a materialized view', '"pg_class", which is something else'],
    ['a.b.c', 'the name of a table that exists', '"a.b.c"'],
  ])('refuses to cache %s', async (name, expected, given) => {
    const path = `cache.tables.${name}`
    const loading = loadCatalog(text => shop.client.query(text), { tables: [name] })
    await expect(loading).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS', path, expected, given })
  })

  test.each([
    [{ users: ['nothing'] }, 'cache.tables.users.keys[0]'],
    [{ users: ['id', 'price'] }, 'cache.tables.users.keys[1]'],
    [{ users: ['upper_email'] }, 'cache.tables.users.keys[0]'],
    [{ sessions: ['day'] }, 'cache.tables.sessions.keys'],
  ])('refuses to tell rows apart by %j', async (columns, path) => {
    const options = { tables: ['users'], keyed: columns as unknown as Record<string, string[]> }
    const loading = loadCatalog(text => shop.client.query(text), options)
    await expect(loading).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS', path })
  })

  test('resolves names as the search path of the connection does', async () => {
    await shop.client.query('SET search_path = audit, public')
    try {
      const catalog = await loadCatalog(text => shop.client.query(text), OPTED_IN)
      expect(catalog.tables.filter(each => each.name === 'log').map(each => each.schema)).toEqual(['audit'])
      expect(catalog.resolve(undefined, 'log')).toMatchObject({ facts: { schema: 'audit' } })
      expect(catalog.resolve(undefined, 'pg_class')).toBe('system')
    } finally {
      await shop.client.query('RESET search_path')
    }
  })

  test('does without the right to ask which server it is', async () => {
    const asked: string[] = []
    const query = async (text: string) => {
      asked.push(text)
      const result = await shop.client.query(text)
      const facts = String(result.rows[0].facts).replace('"mayAskControl" : true', '"mayAskControl" : false')
      return { rows: [{ facts }] }
    }
    const { server } = await loadCatalog(query, OPTED_IN)
    expect(server).toMatchObject({ systemIdentifier: undefined, timeline: undefined })
    expect(asked).toHaveLength(3)
  })
})

/** The server's own catalogs say what functions do; these are some that must not be mistaken. */
const CALLS = [
  ['select lower(email), now() - now() from users', 'read users | time-dependent'],
  ['select json_agg(u), string_agg(name, $1), array_agg(id) from users u', 'read users'],
  ['select date_trunc($1, clock_timestamp())', 'read | time-dependent'],
  ['select row_number() over (), pure(id) from users where id = $1', 'read users.id=$1'],
  ['select to_tsvector(name) @@ websearch_to_tsquery($1) from users', 'read users'],
  ['select gen_random_uuid(), id from users', 'read users | not-immutable-function'],
  ['select pg_advisory_xact_lock(1)', 'read | not-immutable-function'],
  ['select pg_relation_size($1) from users', 'read users | not-immutable-function'],
  ['select has_table_privilege($1, $2) from users', 'read users | not-immutable-function'],
  ['select wipe(name) from users', 'write'],
  ['select peek(id) from users', 'write'],
  ['select wiping(id) from sessions', 'write'],
  ['select 1 @@@ 2', 'write'],
  ['select table_to_xml($1, true, true, $2)', 'write'],
  ['select * from sad', 'read users.mood=sad'],
  ['select * from sad where id = $1', 'read users.id=$1'],
  ['select * from measures_2024 where id = $1', 'read measures.id=$1'],
  ['select * from dogs where id = $1', 'read animals.id=$1'],
  ['select * from totals where session_id = $1', 'read totals.session_id=$1'],
  ['select * from users where nick = $1', 'read users'],
  ['select * from users where code = $1', 'read users'],
  ['select * from users where upper_email = $1', 'read users'],
  ["select * from users where mood = 'sad'::mood", 'read users.mood=sad'],
] as const

describe('with the catalog of a real server', () => {
  test.each(CALLS)('%s', (text, plan) => {
    expect(planWords(shop.analyzer.analyze(text))).toBe(plan)
  })
})
