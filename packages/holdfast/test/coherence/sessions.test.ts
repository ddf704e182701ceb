import { Pool, type PoolOptions } from 'holdfast'
import type { QueryConfig } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE events (id int PRIMARY KEY, at timestamptz, price float8, data bytea, span interval, tenant text DEFAULT 'one');
  CREATE SCHEMA elsewhere;
  CREATE TABLE elsewhere.events (LIKE public.events INCLUDING ALL);
  CREATE TABLE guarded (id int PRIMARY KEY, owner text, n int DEFAULT 0);
  ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON guarded USING (owner = current_user OR owner = current_setting('app.tenant', true));
  CREATE FUNCTION write_event(what int) RETURNS void LANGUAGE sql AS 'UPDATE public.events SET price = price + 1 WHERE id = what';`

const EVENT: Read = ['SELECT id, at::text, price, span::text, data::text FROM events WHERE id = $1', 1]

let world: World
let anna: string
let bert: string

beforeAll(async () => {
  world = await openWorld({ schema: SCHEMA, cache: { tables: { events: '1h', guarded: '1h' } } })
  const role = async (name: string) => {
    const user = `${name}_${new URL(world.url).pathname.slice(6)}`
    await world.outside.query(
      `CREATE ROLE ${user} LOGIN PASSWORD 'secret'; GRANT ALL ON guarded, events TO ${user}`,
    )
    return user
  }
  anna = await role('anna')
  bert = await role('bert')
})
beforeEach(async () => {
  await world.outside.query(`
    DELETE FROM events; DELETE FROM elsewhere.events; DELETE FROM guarded;
    INSERT INTO events VALUES (1, '2026-01-02 03:04:05Z', 0.1::float8 + 0.2::float8, '\\x01ff', '1 day 2 hours');
    INSERT INTO elsewhere.events VALUES (1, '1999-01-01', 9, '\\x09', '9 days');
    INSERT INTO guarded VALUES (1, '${anna}'), (2, '${bert}'), (3, 'shared')`)
  await world.pool.cache.invalidate({ tables: ['events', 'guarded'] })
})
afterAll(async () => {
  await world.outside.query(`DROP OWNED BY ${anna}, ${bert}; DROP ROLE ${anna}, ${bert}`)
  await world.close()
})

/** A pool of another user, or with other options. */
function openPool({ user, ...options }: PoolOptions): Pool {
  const url = new URL(world.url)
  if (user !== undefined) Object.assign(url, { username: user, password: 'secret' })
  const pool = new Pool({ connectionString: url.href, ...options })
  onTestFinished(() => pool.end())
  return pool
}

const GUARDED = 'SELECT id FROM guarded ORDER BY id'
const ids = async (pool: Pool) => (await pool.query(GUARDED)).rows.map(({ id }) => id)

describe('Row-level security', () => {
  test('its tables are not cached until it is said what the rows depend on', async () => {
    const silent = openPool({ user: anna, cache: { tables: { guarded: '1h' } } })
    await silent.query(GUARDED)
    expect((await silent.query(GUARDED)).cache).toEqual({ status: 'bypass', reason: 'row-level-security' })
    const declared = openPool({ user: anna, cache: { tables: { guarded: '1h' }, context: 'user' } })
    await declared.query(GUARDED)
    expect((await declared.query(GUARDED)).cache?.status).toBe('hit')
  })

  test('two tenants with pools of their own never see rows of each other', async () => {
    const cache = { tables: { guarded: '1h' }, context: 'user' } as const
    const pools = [openPool({ user: anna, cache }), openPool({ user: bert, cache })] as const
    for (let round = 0; round < 2; round++) {
      expect([await ids(pools[0]), await ids(pools[1])]).toEqual([[1], [2]])
    }
    expect((await pools[1].query('UPDATE guarded SET n = 1')).rowCount).toBe(1)
    expect((await pools[0].query('SELECT n FROM guarded')).rows).toEqual([{ n: 0 }])
  })

  test.each([
    ['SET ROLE', () => `SET ROLE ${anna}`],
    ['SET SESSION AUTHORIZATION', () => `SET SESSION AUTHORIZATION ${anna}`],
    ['set_config', () => "SELECT set_config('app.tenant', 'shared', false)"],
    ['SET', () => "SET app.tenant = 'shared'"],
    [
      'set_config in a block of code',
      () =>
        "DO $$ BEGIN PERFORM set_config('role', current_user, false); PERFORM set_config('app.tenant', 'shared', false); END $$",
    ],
  ])('what a client sees after %s is not kept for others', async (_, become) => {
    const pool = openPool({ max: 1, user: bert, cache: { tables: { guarded: '1h' }, context: 'user' } })
    await world.outside.query(`GRANT ${anna} TO ${bert}`)
    const client = await pool.connect()
    if (!become().includes('AUTHORIZATION')) await client.query(become())
    else await client.query(`SET ROLE ${anna}`)
    client.release()
    const seen = await pool.query(GUARDED)
    // After a block of code definitions are read again, for which the pool closes such a connection.
    if (seen.cache?.status !== 'bypass') expect(seen.rows).toEqual([{ id: 2 }])
    else
      expect([seen.cache.reason, seen.rows.length > 1 || seen.rows[0].id !== 2]).toEqual([
        'session-changed',
        true,
      ])
    const fresh = await pool.connect()
    fresh.release(true)
    expect([await ids(pool), await ids(pool)]).toEqual([[2], [2]])
  })
})

describe('Settings of a session', () => {
  const SETTINGS = [
    "SET TimeZone = 'Asia/Tokyo'",
    "SET DateStyle = 'German'",
    "SET IntervalStyle = 'iso_8601'",
    'SET extra_float_digits = -10',
    "SET bytea_output = 'escape'",
    'SET search_path = elsewhere',
    'CREATE TEMP TABLE events (id int, at timestamptz, price float8, data bytea, span interval, tenant text)',
    'CREATE TEMP VIEW events AS SELECT * FROM elsewhere.events',
    'SELECT id, at, price, data, span, tenant INTO TEMP events FROM elsewhere.events',
  ]

  test.each(SETTINGS)('%s: neither are its results kept, nor are kept ones changed', async text => {
    const pool = openPool({ max: 2, cache: { tables: { events: '1h' } } })
    const client = await pool.connect()
    await client.query(text)
    const plain = (await world.outside.query(EVENT[0], [1])).rows
    // The pool's other connection answers meanwhile, and its answer is kept.
    for (const status of ['miss', 'hit']) {
      const { rows, cache } = await pool.query(EVENT[0], [1])
      expect({ rows, status: cache?.status }).toEqual({ rows: plain, status })
    }
    expect((await client.query(EVENT[0], [1])).rows).not.toEqual(plain)
    client.release()
    await pool.cache.invalidate({ tables: ['events'] })
    const both = [pool.query(EVENT[0], [1]), pool.query({ text: EVENT[0], values: [1], cache: false })]
    for (const { rows, cache } of await Promise.all(both))
      if (cache?.status === 'miss') expect(rows).toEqual(plain)
    const kept = await pool.query(EVENT[0], [1])
    if (kept.cache?.status === 'hit') expect(kept.rows).toEqual(plain)
  })

  test('that end with their transaction leave the connection as good as before', async () => {
    const pool = openPool({ max: 1, cache: { tables: { events: '1h' } } })
    await pool.transaction(async tx => {
      await tx.query("SET LOCAL TimeZone = 'Asia/Tokyo'")
      await tx.query("SELECT set_config('DateStyle', 'German', true)")
      await tx.query(EVENT[0], [1])
    })
    const statuses = [await pool.query(EVENT[0], [1]), await pool.query(EVENT[0], [1])].map(
      r => r.cache?.status,
    )
    expect(statuses).toEqual(['miss', 'hit'])
  })

  test('do not decide what the tables are: definitions are not read through them', async () => {
    const pool = openPool({ max: 1, cache: { tables: { events: '1h' } } })
    const client = await pool.connect()
    await client.query('SET search_path = elsewhere')
    await client.query('CREATE TABLE public.new_one (id int)')
    client.release()
    await pool.query('SELECT id FROM events')
    const fresh = await pool.connect()
    fresh.release(true)
    const text = 'SELECT price FROM events WHERE id = 1'
    await pool.query(text)
    await pool.query('UPDATE public.events SET price = 77 WHERE id = 1')
    expect((await pool.query(text)).rows).toEqual([{ price: 77 }])
    await pool.query('SELECT public.write_event(1)')
    expect((await pool.query(text)).rows).toEqual([{ price: 78 }])
    await pool.query('DROP TABLE public.new_one')
  })
})

describe('Statements with names and types', () => {
  test('one name with one text serves hits and misses, and one statement with other types is another', async () => {
    const named = (value: unknown) => ({
      name: 'by-id',
      text: 'SELECT id FROM events WHERE id = $1',
      values: [value],
    })
    const results = [
      await world.pool.query(named(1)),
      await world.pool.query(named('1')),
      await world.pool.query(named(2)),
    ]
    expect(results.map(({ cache, rows }) => [cache?.status, rows.length])).toEqual([
      ['miss', 1],
      ['hit', 1],
      ['miss', 0],
    ])
    const sum = (type: string): Read => [`SELECT (id / $1::${type})::text AS q FROM events`, 2]
    await world.expectCurrent(sum('int'), sum('numeric'), sum('int'), sum('float8'))
  })

  test('values that differ never share a result', async () => {
    const read = (...values: unknown[]): Read => [
      'SELECT $1::text AS a, $2::text AS b FROM events',
      ...values,
    ]
    const VALUES = [
      ['a', 'b'],
      ['a', 'bsc'],
      ['asb', 'c'],
      ['ab', ''],
      ['', 'ab'],
      [null, 'a'],
      ['null', 'a'],
      ['1:sa', 'b'],
      [1, '1'],
      [true, 't'],
      ['{}', '[]'],
      ['s', 's1:s'],
    ]
    for (let round = 0; round < 2; round++)
      for (const values of VALUES) await world.expectCurrent(read(...values))
  })

  test('rows as arrays, and with parsers of their own, come from the same kept result', async () => {
    const text = 'SELECT id, price FROM events'
    await world.pool.query(text)
    const array = await world.pool.query({ text, rowMode: 'array' })
    const types = { getTypeParser: () => (value: string) => `<${value}>` }
    const parsed = await world.pool.query({ text, types } as unknown as QueryConfig)
    expect([array.rows, array.cache?.status]).toEqual([[[1, 0.1 + 0.2]], 'hit'])
    expect([parsed.rows, parsed.cache?.status]).toEqual([
      [{ id: '<1>', price: '<0.30000000000000004>' }],
      'hit',
    ])
  })
})
