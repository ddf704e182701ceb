import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const UUID = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'

const SCHEMA = `
  CREATE EXTENSION IF NOT EXISTS citext;
  CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE TABLE keyed (
    id int PRIMARY KEY, big bigint UNIQUE, small smallint UNIQUE, u uuid UNIQUE, b boolean, d date UNIQUE,
    t text UNIQUE, v varchar(20) UNIQUE, c char(5) UNIQUE, m mood UNIQUE, x bytea UNIQUE, l text COLLATE loose UNIQUE,
    ci citext UNIQUE, num numeric UNIQUE, ts timestamptz UNIQUE, note text);
  CREATE UNIQUE INDEX ON keyed (b) WHERE b;
  CREATE TABLE parted (id int, region text, n int DEFAULT 0, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
  CREATE TABLE parted_eu PARTITION OF parted FOR VALUES IN ('eu');
  CREATE TABLE parted_us PARTITION OF parted FOR VALUES IN ('us');
  CREATE FUNCTION write_partition() RETURNS void LANGUAGE sql AS 'UPDATE parted_eu SET n = 9';
  CREATE TABLE base (id int PRIMARY KEY, n int DEFAULT 0);
  CREATE TABLE derived (extra text) INHERITS (base);`

const ROW = `INSERT INTO keyed VALUES (1, 10, 3, '${UUID}', true, '2026-02-03', 'text', 'var', 'chr', 'happy', '\\xAB01', 'Loose',
  'Ci', 1.50, '2026-02-03 04:05:06Z', 'old')`

let world: World

beforeAll(async () => {
  const tables = { keyed: { ttl: '1h', keys: ['b'] }, parted: '1h', base: '1h' }
  world = await openWorld({ schema: SCHEMA, cache: { tables } })
})
beforeEach(async () => {
  await world.outside.query(`
    DELETE FROM keyed; ${ROW}; DELETE FROM parted; DELETE FROM base;
    INSERT INTO parted VALUES (1, 'eu'), (2, 'us'); INSERT INTO base VALUES (1); INSERT INTO derived VALUES (2, 0, 'x')`)
  await world.pool.cache.invalidate({ tables: ['keyed', 'parted', 'base'] })
})
afterAll(() => world.close())

/** The spellings in which PostgreSQL takes one and the same value of each column. */
const SPELLINGS: Readonly<Record<string, readonly unknown[]>> = {
  id: [1, '1', '01', ' +1 ', '0x1', 1n],
  big: ['10', '0010', 10, '1_0'],
  small: [3, '003', ' 3'],
  u: [
    UUID,
    UUID.toUpperCase(),
    `{${UUID}}`,
    UUID.replaceAll('-', ''),
    'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
  ],
  b: [true, 't', 'true', 'YES', 'on', ' 1 ', 'tr'],
  d: ['2026-02-03', '20260203', 'Feb 3 2026', '2026-034'],
  t: ['text'],
  v: ['var'],
  c: ['chr', 'chr  '],
  m: ['happy'],
  x: ['\\xAB01', '\\xab01', Buffer.from([0xab, 1]), '\\253\\001'],
  l: ['Loose', 'loose', 'LOOSE'],
  ci: ['Ci', 'ci', 'CI'],
  num: ['1.5', '1.50', 1.5, '15e-1'],
  ts: ['2026-02-03 04:05:06Z', '2026-02-03T05:05:06+01', new Date('2026-02-03T04:05:06Z')],
}

const spellings = Object.entries(SPELLINGS)

describe('A row found by a value is found again however the value is spelled', () => {
  test.each(spellings)('%s', async (column, values) => {
    const reads = values.map((value): Read => [`SELECT id, note FROM keyed WHERE ${column} = $1`, value])
    let round = 0
    for (const value of values) {
      round++
      const write = () =>
        world.pool.query(`UPDATE keyed SET note = $1 WHERE ${column} = $2`, [`new ${round}`, value])
      await world.expectSeen(write, ...reads)
    }
    await world.expectSeen(() => world.pool.query('DELETE FROM keyed WHERE id = 1'), ...reads)
    await world.expectSeen(() => world.pool.query(ROW), ...reads)
  })

  test('a constant as well as a parameter, with a cast as well as without', async () => {
    const reads: Read[] = [
      ['SELECT note FROM keyed WHERE id = 1'],
      ["SELECT note FROM keyed WHERE id = '01'"],
      ['SELECT note FROM keyed WHERE id = $1::int', '1'],
      ['SELECT note FROM keyed WHERE id = $1::float4', 1],
      ['SELECT note FROM keyed WHERE id IN ($1)', 1],
      ['SELECT note FROM keyed WHERE id = ANY ($1)', [1, 2]],
      [`SELECT note FROM keyed WHERE u = '${UUID.toUpperCase()}'`],
      ["SELECT note FROM keyed WHERE t = 'text'::varchar"],
      ['SELECT note FROM keyed WHERE 1 = id'],
      ['SELECT note FROM keyed WHERE b'],
      ["SELECT note FROM keyed WHERE (id, t) = (1, 'text')"],
    ]
    await world.expectSeen(() => world.pool.query("UPDATE keyed SET note = 'new' WHERE id = 1"), ...reads)
  })
})

describe('A row that moves from one value to another is seen at both', () => {
  const MOVES: readonly (readonly [column: string, to: unknown])[] = [
    ['id', 2],
    ['big', '11'],
    ['u', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['b', false],
    ['d', '2026-02-04'],
    ['t', 'other'],
    ['m', 'sad'],
    ['l', 'else'],
    ['num', '2.5'],
  ]

  test.each(MOVES)('%s', async (column, to) => {
    const from = SPELLINGS[column]?.[0]
    const read = (value: unknown): Read => [`SELECT id FROM keyed WHERE ${column} = $1`, value]
    const move = (value: unknown) => () =>
      world.pool.query(`UPDATE keyed SET ${column} = $1`.concat(' WHERE note = $2'), [value, 'old'])
    await world.expectSeen(move(to), read(from), read(to))
    await world.expectSeen(
      () =>
        world.pool.transaction(
          async tx => void (await tx.query(`UPDATE keyed SET ${column} = $1 WHERE note = 'old'`, [from])),
        ),
      read(from),
      read(to),
    )
  })

  test('with ON CONFLICT and with MERGE', async () => {
    const reads: Read[] = [
      ['SELECT id FROM keyed WHERE t = $1', 'text'],
      ['SELECT id FROM keyed WHERE t = $1', 'moved'],
      ['SELECT id FROM keyed WHERE t = $1', 'merged'],
    ]
    const upsert = "INSERT INTO keyed (id, t) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET t = 'moved'"
    await world.expectSeen(() => world.pool.query(upsert), ...reads)
    const merge =
      "MERGE INTO keyed k USING (VALUES (1)) s (id) ON k.id = s.id WHEN MATCHED THEN UPDATE SET t = 'merged'"
    await world.expectSeen(() => world.pool.query(merge), ...reads)
  })
})

describe('Partitions and children count as their root', () => {
  const EU: Read = ['SELECT * FROM parted WHERE id = $1', 1]
  const US: Read = ['SELECT * FROM parted_us ORDER BY id']
  const EU_ALL: Read = ['SELECT * FROM parted_eu ORDER BY id']
  const ALL: Read = ['SELECT * FROM parted ORDER BY id']
  const WRITES: readonly (readonly [title: string, text: string])[] = [
    ['an INSERT by the root', "INSERT INTO parted VALUES (3, 'us', 1)"],
    ['an INSERT into a partition', "INSERT INTO parted_eu VALUES (3, 'eu', 1)"],
    ['an UPDATE by the root', 'UPDATE parted SET n = 1 WHERE id = 1'],
    ['an UPDATE of a partition', 'UPDATE parted_eu SET n = 1 WHERE id = 1'],
    ['a row that moves to another partition', "UPDATE parted SET region = 'us' WHERE id = 1"],
    ['a DELETE from a partition', 'DELETE FROM parted_eu WHERE id = 1'],
    ['a function that writes a partition', 'SELECT write_partition()'],
    ['TRUNCATE of a partition', 'TRUNCATE parted_eu'],
    ['TRUNCATE of the root', 'TRUNCATE parted'],
  ]

  test.each(WRITES)('%s', async (_, text) => {
    await world.expectSeen(() => world.pool.query(text), EU, US, EU_ALL, ALL)
  })

  test('a partition that is attached, and one that is detached', async () => {
    await world.outside.query(
      "CREATE TABLE parted_as (id int, region text, n int); INSERT INTO parted_as VALUES (7, 'as', 0)",
    )
    await world.outside.query('ALTER TABLE parted_as ALTER id SET NOT NULL, ALTER region SET NOT NULL')
    const attach = "ALTER TABLE parted ATTACH PARTITION parted_as FOR VALUES IN ('as')"
    await world.expectSeen(() => world.pool.query(attach), ALL)
    await world.expectSeen(() => world.pool.query('UPDATE parted_as SET n = 5'), ALL)
    await world.expectSeen(() => world.pool.query('ALTER TABLE parted DETACH PARTITION parted_as'), ALL)
  })

  test('children by inheritance', async () => {
    const reads: Read[] = [
      ['SELECT * FROM base ORDER BY id'],
      ['SELECT * FROM base WHERE id = $1', 2],
      ['SELECT * FROM ONLY base'],
      ['SELECT * FROM derived'],
    ]
    await world.expectSeen(() => world.pool.query('UPDATE derived SET n = 1'), ...reads)
    await world.expectSeen(() => world.pool.query('UPDATE base SET n = 2 WHERE id = 2'), ...reads)
    await world.expectSeen(() => world.pool.query('INSERT INTO derived VALUES (3, 0)'), ...reads)
    await world.expectSeen(() => world.pool.query('DELETE FROM ONLY base'), ...reads)
  })
})

describe('Rows are told apart', () => {
  test('a write to one row leaves what is kept of another by its key, also what is not there', async () => {
    await world.outside.query("INSERT INTO keyed (id, t) VALUES (2, 'two')")
    const others: Read[] = [
      ['SELECT note FROM keyed WHERE id = $1', 2],
      ['SELECT note FROM keyed WHERE t = $1', 'two'],
      ['SELECT note FROM keyed WHERE id = $1', 999],
    ]
    await world.keep(...others, ['SELECT count(*) FROM keyed'])
    await world.pool.query("UPDATE keyed SET note = 'new', t = 'else' WHERE id = 1")
    await world.pool.query("INSERT INTO keyed (id, t) VALUES (3, 'three')")
    for (const other of others) expect(await world.statusOf(...other)).toBe('hit')
    expect(await world.statusOf('SELECT count(*) FROM keyed')).toBe('miss')
  })

  test('a row that a result did not have joins it when it is changed to match', async () => {
    const read: Read = ['SELECT id FROM keyed WHERE note = $1 AND num > 1', 'wanted']
    await world.expectSeen(() => world.pool.query("UPDATE keyed SET note = 'wanted' WHERE id = 1"), read)
  })
})
