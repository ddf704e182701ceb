import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text as textColumn } from 'drizzle-orm/pg-core'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, code text UNIQUE, n int NOT NULL DEFAULT 0, at timestamptz DEFAULT '2026-01-01')
    WITH (autovacuum_enabled = off); -- rows come in the order of their places, which it would give to others
  CREATE TABLE keyless (note text);
  CREATE FUNCTION bump() RETURNS SETOF items LANGUAGE sql AS 'UPDATE items SET n = n + 1 RETURNING *';`

const FILL = "DELETE FROM items; INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, NULL); DELETE FROM keyless"

let world: World
let plain: pg.Pool

beforeAll(async () => {
  world = await openWorld({ schema: SCHEMA, cache: { tables: { items: '1h', keyless: '1h' } } })
  plain = new pg.Pool({ connectionString: world.url })
})
beforeEach(async () => {
  await world.outside.query(FILL)
  await world.pool.cache.invalidate({ tables: ['items', 'keyless'] })
})
afterAll(async () => {
  await plain.end()
  await world.close()
})

const WRITES: readonly (readonly [text: string, ...values: unknown[]])[] = [
  ["INSERT INTO items VALUES (9, 'x')"],
  ['INSERT INTO items VALUES ($1, $2) RETURNING id', 9, 'x'],
  ["INSERT INTO items VALUES (8, 'x'), (9, 'y') RETURNING *"],
  ['INSERT INTO items VALUES (9, \'x\') RETURNING id AS a, code AS a, n + 1 AS "Sum", at'],
  ['INSERT INTO items SELECT 7 WHERE false RETURNING id'],
  ["INSERT INTO items VALUES (1, 'z') ON CONFLICT (id) DO NOTHING RETURNING id"],
  ["INSERT INTO items VALUES (1, 'z'), (7, 'q') ON CONFLICT (id) DO UPDATE SET n = 5 RETURNING items.*"],
  ["INSERT INTO keyless VALUES ('x') RETURNING note"],
  ['UPDATE items SET n = n + 1'],
  ['UPDATE items SET n = n + 1 WHERE id < $1', 3],
  ['UPDATE items SET n = n + 1 WHERE id < $1 RETURNING *', 3],
  ['UPDATE items AS i SET n = 7 FROM (VALUES (1)) AS v (x) WHERE i.id = v.x RETURNING i.id, v.x'],
  ["UPDATE items SET code = 'new' WHERE id = 1 RETURNING old.code AS before, new.code AS after"],
  [
    "UPDATE items SET code = 'new' WHERE id = 1 RETURNING WITH (OLD AS o, NEW AS w) o.code AS before, w.code AS after",
  ],
  ["UPDATE items SET code = 'new' WHERE id = 99 RETURNING id"],
  ['DELETE FROM items WHERE id = 1'],
  ['DELETE FROM items WHERE id > 1 RETURNING id, code'],
  ['DELETE FROM items'],
  [
    'MERGE INTO items USING (VALUES (1), (9)) v (x) ON id = x WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (x) RETURNING merge_action(), x',
  ],
  ['MERGE INTO items USING (VALUES (1)) v (x) ON id = x WHEN MATCHED THEN UPDATE SET n = 3'],
  ['WITH gone AS (DELETE FROM items WHERE id = 2 RETURNING *) SELECT id, code FROM gone'],
  ['WITH v AS (SELECT 1 AS x) UPDATE items SET n = 3 FROM v WHERE id = x RETURNING n'],
  ['SELECT * FROM bump() ORDER BY id'],
  ['TRUNCATE items'],
  ['UPDATE items SET n = 1 WHERE id = 1; SELECT id FROM items ORDER BY id; DELETE FROM items WHERE id = 2'],
  ['BEGIN; UPDATE items SET n = 1 WHERE id = 1; COMMIT'],
]

/** What a result is for its receiver: parsers are functions of pg's own. */
const shown = (result: unknown): unknown =>
  Array.isArray(result)
    ? result.map(shown)
    : {
        ...(result as pg.QueryResult),
        oid: undefined,
        _parsers: undefined,
        _prebuiltEmptyResultObject: undefined,
        _types: undefined,
      }

/** Runs the same on both pools, each time on the same rows. */
async function onBoth(run: (pool: pg.Pool) => Promise<unknown>): Promise<[unknown, unknown]> {
  const settle = (pool: pg.Pool) =>
    run(pool).then(shown, error => ({ code: error.code, message: error.message }))
  const ours = await settle(world.pool)
  await world.outside.query(FILL)
  const theirs = await settle(plain)
  return [ours, theirs]
}

describe('What a write returns is what pg would return', () => {
  test.each(WRITES)('%s', async (given, ...values) => {
    const text = String(given)
    const config = values.length > 0 ? { text, values } : { text }
    const variants: object[] = [config, { ...config, rowMode: 'array' }]
    if (!text.includes('; '))
      variants.push({ ...config, name: `named ${WRITES.findIndex(([each]) => each === text)}` })
    for (const variant of variants) {
      for (let time = 0; time < 2; time++) {
        const [ours, theirs] = await onBoth(pool => pool.query(variant as pg.QueryConfig))
        expect(ours).toEqual(theirs)
        await world.outside.query(FILL)
      }
    }
    const inTransaction = async (pool: pg.Pool) => {
      const client = await pool.connect()
      await client.query('BEGIN')
      return client
        .query(config as pg.QueryConfig)
        .finally(() => client.query('ROLLBACK').then(() => client.release()))
    }
    const [ours, theirs] = await onBoth(inTransaction)
    expect(ours).toEqual(theirs)
  })

  test.each([
    "INSERT INTO items VALUES (1, 'a')",
    'UPDATE items SET nothing = 1',
    'INSERT INTO nowhere VALUES (1)',
    'UPDATE items SET n = n / 0 RETURNING id',
    'DELETE FROM',
  ])('an error too: %s', async text => {
    const [ours, theirs] = await onBoth(pool => pool.query(text))
    expect(ours).toEqual(theirs)
  })
})

const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]
const ALL: Read = ['SELECT * FROM items ORDER BY id']

describe('Writes by libraries show in the next read', () => {
  interface Tables {
    items: { id: number; code: string | null; n: number }
  }

  test('Kysely, also in a transaction', async () => {
    const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: world.pool }) })
    await world.expectSeen(
      () => kysely.updateTable('items').set({ n: 3 }).where('id', '=', 1).execute(),
      ONE,
      ALL,
    )
    await world.expectSeen(
      () => kysely.transaction().execute(tx => tx.deleteFrom('items').where('id', '=', 1).executeTakeFirst()),
      ONE,
      ALL,
    )
  })

  test('Drizzle, also in a transaction', async () => {
    const items = pgTable('items', { id: integer().primaryKey(), code: textColumn(), n: integer() })
    const db = drizzle({ client: world.pool })
    await world.expectSeen(() => db.update(items).set({ n: 3 }).where(eq(items.id, 1)), ONE, ALL)
    await world.expectSeen(() => db.transaction(tx => tx.delete(items).where(eq(items.id, 1))), ONE, ALL)
    const prepared = db.insert(items).values({ id: 1, n: 8 }).returning().prepare('add')
    await world.expectSeen(() => prepared.execute(), ONE, ALL)
  })
})
