import type { PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, at timestamptz DEFAULT '2026-01-01');
  CREATE TABLE secret (id int PRIMARY KEY);
  CREATE TABLE vanishing (id int PRIMARY KEY, n int);
  CREATE VIEW big AS SELECT id, n FROM items WHERE n > 5;
  CREATE VIEW biggest AS SELECT max(n) AS n FROM big;
  CREATE VIEW mixed AS SELECT i.id FROM items i JOIN secret USING (id);
  CREATE VIEW today AS SELECT id FROM items WHERE at < now();
  CREATE MATERIALIZED VIEW sums AS SELECT 1 AS one, sum(n)::int AS n FROM items;
  CREATE UNIQUE INDEX ON sums (one);
  CREATE FUNCTION changing(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n + 1';`

const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]

let world: World

beforeAll(async () => {
  const tables = { items: '1h', sums: '1h', vanishing: '1h', later: '1h' }
  world = await openWorld({ schema: SCHEMA, cache: { tables } })
})
beforeEach(async () => {
  await world.outside.query(`
    DELETE FROM items; INSERT INTO items (id, n) VALUES (1, 1), (2, 10);
    DELETE FROM vanishing; INSERT INTO vanishing VALUES (1, 1); REFRESH MATERIALIZED VIEW sums`)
  await world.pool.cache.invalidate({ tables: ['items', 'sums', 'vanishing'] })
})
afterAll(() => world.close())

describe('Views', () => {
  test('show what is written to the tables below them, through views of views', async () => {
    const reads: Read[] = [
      ['SELECT * FROM big ORDER BY id'],
      ['SELECT * FROM biggest'],
      ['SELECT * FROM big WHERE id = $1', 1],
    ]
    await world.expectSeen(() => world.pool.query('UPDATE items SET n = 20 WHERE id = 1'), ...reads)
    await world.expectSeen(() => world.pool.query('DELETE FROM big WHERE id = 1'), ...reads)
  })

  test('over a table that is not cached, or over the clock, are not cached', async () => {
    for (const [text, reason] of [
      ['SELECT * FROM mixed', 'table-not-opted-in'],
      ['SELECT * FROM today', 'time-dependent'],
    ] as const) {
      await world.pool.query(text)
      expect((await world.pool.query(text)).cache).toEqual({ status: 'bypass', reason })
    }
  })

  test('that are replaced answer as they say now', async () => {
    const reads: Read[] = [['SELECT * FROM big ORDER BY id'], ['SELECT * FROM biggest']]
    const replace = (least: number) => () =>
      world.pool.query(`CREATE OR REPLACE VIEW big AS SELECT id, n FROM items WHERE n > ${least}`)
    await world.expectSeen(replace(0), ...reads)
    await world.expectSeen(replace(5), ...reads)
  })

  test.each(['', 'CONCURRENTLY '])('that are materialized change with REFRESH %s', async concurrently => {
    const sums: Read = ['SELECT n FROM sums']
    await world.keep(sums)
    await world.pool.query('UPDATE items SET n = n + 100')
    expect(await world.statusOf(...sums)).toBe('hit')
    await world.expectSeen(() => world.pool.query(`REFRESH MATERIALIZED VIEW ${concurrently}sums`), sums)
    await world.pool.query('UPDATE items SET n = n + 100')
    const refresh = () =>
      world.pool.transaction(tx => tx.query(`REFRESH MATERIALIZED VIEW ${concurrently}sums`))
    await world.expectSeen(refresh, sums)
  })
})

describe('What is not the same for everybody at any time is not cached', () => {
  const UNCACHED: readonly (readonly [text: string, reason: string, ...values: unknown[]])[] = [
    ['SELECT n, now() FROM items', 'time-dependent'],
    ['SELECT n FROM items WHERE at < CURRENT_DATE', 'time-dependent'],
    ['SELECT n FROM items WHERE at < LOCALTIMESTAMP', 'time-dependent'],
    ["SELECT n FROM items WHERE at < 'today'", 'time-dependent'],
    ["SELECT n FROM items WHERE at < timestamptz 'now'", 'time-dependent'],
    ['SELECT age(at) FROM items', 'time-dependent'],
    ['SELECT n FROM items WHERE at < $1', 'unkeyable-parameter', 'now'],
    ['SELECT n FROM items WHERE at < $1::date', 'unkeyable-parameter', 'Tomorrow'],
    ['SELECT n FROM items WHERE at < ANY ($1)', 'unkeyable-parameter', ['yesterday', '2026-01-01']],
    ['SELECT n FROM items WHERE at < $1', 'unkeyable-parameter', '10:00 today'],
    ['SELECT n FROM items WHERE at < ANY ($1::timestamptz[])', 'unkeyable-parameter', '{2026-01-01,today}'],
    [
      'SELECT n FROM items WHERE at < (jsonb_populate_record(NULL::items, $1)).at',
      'unkeyable-parameter',
      { at: 'now' },
    ],
    ['SELECT n, random() FROM items', 'not-immutable-function'],
    ['SELECT n, current_user FROM items', 'not-immutable-function'],
    ["SELECT n, current_setting('TimeZone') FROM items", 'not-immutable-function'],
    ['SELECT n FROM items FOR UPDATE', 'row-locks'],
    ['SELECT n FROM items FOR KEY SHARE SKIP LOCKED', 'row-locks'],
    ['SELECT id FROM secret', 'table-not-opted-in'],
    ['SELECT n FROM items WHERE id IN (SELECT id FROM secret)', 'table-not-opted-in'],
    ['SELECT relname FROM pg_class JOIN items ON true', 'catalog-table'],
    ['SELECT 1', 'no-table'],
    ['TABLE nowhere', 'unknown-relation'],
  ]

  test.each(UNCACHED)('%s', async (text, reason, ...values) => {
    const ask = () => world.pool.query(String(text), values).catch(() => undefined)
    await ask()
    const result = await ask()
    if (reason !== 'unknown-relation') expect(result?.cache).toEqual({ status: 'bypass', reason })
    else expect((await world.pool.cache.explain(String(text))).reason).toBe(reason)
  })

  test('unless the query says what it depends on, and how old it may be', async () => {
    const volatile = {
      text: "SELECT current_setting('TimeZone') AS zone",
      cache: { dependsOn: ['items'] },
    } as const
    await world.pool.query(volatile)
    expect((await world.pool.query(volatile)).cache?.status).toBe('hit')
    const clock = (cache: object) => ({ text: 'SELECT id FROM items WHERE at < now()', cache })
    await world.pool.query(clock({ dependsOn: ['items'], ttl: '1m' }))
    const kept = await world.pool.query(clock({ dependsOn: ['items'], ttl: '1m' }))
    const unlimited = await world.pool.query(clock({ dependsOn: ['items'] }))
    expect([kept.cache?.status, unlimited.cache]).toEqual([
      'hit',
      { status: 'bypass', reason: 'time-dependent' },
    ])
  })
})

describe('Definitions that change through the pool', () => {
  const columns: Read = ['SELECT * FROM items ORDER BY id']

  test('a column that is added and dropped', async () => {
    await world.expectSeen(
      () => world.pool.query("ALTER TABLE items ADD COLUMN extra text DEFAULT 'x'"),
      columns,
      ONE,
    )
    await world.expectSeen(() => world.pool.query('ALTER TABLE items DROP COLUMN extra'), columns, ONE)
  })

  test('a column that is rewritten', async () => {
    const read: Read = ['SELECT * FROM vanishing WHERE id = $1', 1]
    await world.expectSeen(
      () => world.pool.query('ALTER TABLE vanishing ALTER n TYPE bigint USING n + 1000'),
      read,
    )
    await world.expectSeen(() => world.pool.query('ALTER TABLE vanishing ALTER n TYPE int USING n - 7'), read)
  })

  test('in a transaction with a write, once it is committed', async () => {
    const migrate = () =>
      world.pool.transaction(async tx => {
        await tx.query('ALTER TABLE items ADD COLUMN extra int')
        await tx.query('UPDATE items SET extra = 5')
      })
    await world.expectSeen(migrate, columns, ONE)
    await world.pool.query('ALTER TABLE items DROP COLUMN extra')
  })

  test('a table that is dropped and made again under the same name', async () => {
    const read: Read = ['SELECT * FROM vanishing WHERE id = $1', 1]
    const again = async () => {
      await world.pool.query('DROP TABLE vanishing')
      await expect(world.pool.query(read[0], [1])).rejects.toMatchObject({ code: '42P01' })
      await world.pool.query(
        'CREATE TABLE vanishing (id int PRIMARY KEY, n int); INSERT INTO vanishing VALUES (1, 2)',
      )
    }
    await world.expectSeen(again, read)
    await world.expectSeen(() => world.pool.query('UPDATE vanishing SET n = 3'), read)
  })

  test('a table that takes the name of another', async () => {
    const read: Read = ['SELECT n FROM vanishing WHERE id = $1', 1]
    const swap = () =>
      world.pool.query(`CREATE TABLE fresh (id int PRIMARY KEY, n int); INSERT INTO fresh VALUES (1, 77);
        ALTER TABLE vanishing RENAME TO stale; ALTER TABLE fresh RENAME TO vanishing; DROP TABLE stale`)
    await world.expectSeen(swap, read)
    await world.expectSeen(() => world.pool.query('UPDATE vanishing SET n = 3 WHERE id = 1'), read)
  })

  test('a table that did not exist when the pool was made', async () => {
    const read: Read = ['SELECT * FROM later WHERE id = $1', 1]
    await world.pool.query('CREATE TABLE later (id int PRIMARY KEY, n int)')
    await world.expectSeen(() => world.pool.query('INSERT INTO later VALUES (1, 1)'), read)
    await world.pool.query('DROP TABLE later')
  })

  test('a function that is replaced', async () => {
    const read: Read = ['SELECT changing(n) AS x FROM items WHERE id = $1', 1]
    const replace =
      "CREATE OR REPLACE FUNCTION changing(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n + 2'"
    await world.expectSeen(() => world.pool.query(replace), read)
    await world.pool.query(
      "CREATE OR REPLACE FUNCTION changing(n int) RETURNS int VOLATILE LANGUAGE sql AS 'SELECT n + 3'",
    )
    await world.pool.query(read[0], [1])
    expect(await world.statusOf(...read)).not.toBe('hit')
  })

  test('a unique index that comes, and by which rows are told apart from then on', async () => {
    const read: Read = ['SELECT id FROM items WHERE n = $1', 10]
    await world.pool.query('CREATE UNIQUE INDEX by_n ON items (n)')
    await world.expectSeen(() => world.pool.query('UPDATE items SET n = 11 WHERE id = 2'), read)
    await world.keep(read)
    await world.pool.query('UPDATE items SET n = 12 WHERE id = 2')
    expect(await world.statusOf(...read)).toBe('hit')
    await world.pool.query('DROP INDEX by_n')
  })

  test('row-level security that is switched on', async () => {
    await world.keep(ONE)
    await world.pool.query('ALTER TABLE items ENABLE ROW LEVEL SECURITY')
    expect((await world.pool.query(ONE[0], [1])).cache).toEqual({
      status: 'bypass',
      reason: 'row-level-security',
    })
    await world.pool.query('ALTER TABLE items DISABLE ROW LEVEL SECURITY')
    await world.keep(ONE)
  })

  test('while an older snapshot is open elsewhere', async () => {
    const read: Read = ['SELECT n FROM vanishing WHERE id = $1', 1]
    await world.pool.query(
      "CREATE OR REPLACE FUNCTION set_n(v int) RETURNS void LANGUAGE sql AS 'UPDATE vanishing SET n = v'",
    )
    const old = await world.pool.connect()
    await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await old.query('SELECT 1 FROM items')
    await world.aside(async (client: PoolClient) => {
      // What this connection sees may be its own, so that somebody else has to look.
      await client.query("SET TimeZone = 'UTC'")
      await client.query(
        'DROP TABLE vanishing; CREATE TABLE vanishing (id int PRIMARY KEY, n int); INSERT INTO vanishing VALUES (1, 1)',
      )
    })
    await old.query('SELECT 2 FROM items')
    await world.expectSeen(() => world.pool.query('SELECT set_n(5)'), read)
    await old.query('ROLLBACK')
    old.release()
  })
})
