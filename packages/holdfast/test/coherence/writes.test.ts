import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rejection } from '../support/contender.js'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, code text UNIQUE, grp int NOT NULL, n int NOT NULL DEFAULT 0);
  CREATE INDEX ON items (grp);
  CREATE TABLE other (id int PRIMARY KEY, note text);
  CREATE FUNCTION bump(which int) RETURNS int LANGUAGE sql AS 'UPDATE items SET n = n + 1 WHERE id = which RETURNING n';
  CREATE PROCEDURE bump_twice(which int) LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE items SET n = n + 1 WHERE id = which; COMMIT;
      UPDATE items SET n = n + 1 WHERE id = which; COMMIT;
    END $$;`

const ALL: Read = ['SELECT * FROM items ORDER BY id']
const COUNT: Read = ['SELECT count(*)::int AS count FROM items']
const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]
const TWO: Read = ['SELECT * FROM items WHERE id = $1', 2]
const BY_CODE: Read = ['SELECT id, n FROM items WHERE code = $1', 'b']
const GROUP: Read = ['SELECT id FROM items WHERE grp = $1 ORDER BY id', 10]
const JOINED: Read = ['SELECT o.note, i.n FROM other o JOIN items i ON i.id = o.id WHERE o.id = $1', 1]
const NEW: Read = ['SELECT id, grp FROM items WHERE id = $1', 7]
const READS = [ALL, COUNT, ONE, TWO, BY_CODE, GROUP, JOINED, NEW]

let world: World

beforeAll(async () => {
  const tables = { items: { ttl: '1h', keys: ['grp'] }, other: '1h' }
  world = await openWorld({ schema: SCHEMA, cache: { tables } })
})
beforeEach(async () => {
  await world.outside.query(`
    TRUNCATE items, other;
    INSERT INTO items VALUES (1, 'a', 10, 0), (2, 'b', 10, 0), (3, 'c', 20, 0);
    INSERT INTO other VALUES (1, 'one'), (2, 'two')`)
  await world.pool.cache.invalidate({ tables: ['items', 'other'] })
})
afterAll(() => world.close())

/** Every kind of statement that changes rows of `items`, and values for it. */
const WRITES: readonly (readonly [title: string, text: string, ...values: unknown[]])[] = [
  ['INSERT', "INSERT INTO items VALUES (7, 'g', 10)"],
  ['INSERT … RETURNING', "INSERT INTO items VALUES (7, 'g', 10) RETURNING id"],
  ['INSERT … SELECT', 'INSERT INTO items SELECT id + 6, note, 10 FROM other WHERE id = $1', 1],
  [
    'INSERT … ON CONFLICT DO UPDATE that updates',
    "INSERT INTO items VALUES (1, 'z', 20) ON CONFLICT (id) DO UPDATE SET code = excluded.code, grp = excluded.grp",
  ],
  [
    'INSERT … ON CONFLICT DO UPDATE that inserts',
    "INSERT INTO items VALUES (7, 'z', 10) ON CONFLICT (id) DO UPDATE SET n = 9",
  ],
  [
    'INSERT … ON CONFLICT DO NOTHING',
    "INSERT INTO items VALUES (1, 'z', 10), (7, 'y', 10) ON CONFLICT DO NOTHING",
  ],
  ['UPDATE by key', 'UPDATE items SET n = $1 WHERE id = $2', 5, 1],
  ['UPDATE by another column', "UPDATE items SET n = 5 WHERE code = 'b'"],
  ['UPDATE of every row', 'UPDATE items SET n = n + 1'],
  ['UPDATE … FROM', "UPDATE items SET n = 8 FROM other WHERE other.id = items.id AND other.note = 'two'"],
  ['UPDATE under an alias, ended by a comment', 'UPDATE items AS "I" SET n = 8 WHERE "I".id = 2 -- done'],
  ['DELETE', 'DELETE FROM items WHERE id = 1'],
  ['DELETE … USING', "DELETE FROM items USING other WHERE other.id = items.id AND note = 'one'"],
  [
    'MERGE',
    "MERGE INTO items i USING (VALUES (1, 'm'), (7, 'n')) AS s (id, code) ON i.id = s.id WHEN MATCHED THEN UPDATE SET code = s.code WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.code, 10)",
  ],
  [
    'MERGE that deletes',
    'MERGE INTO items i USING other o ON i.id = o.id WHEN MATCHED AND o.id = 1 THEN DELETE',
  ],
  [
    'a writing WITH in a SELECT',
    'WITH gone AS (DELETE FROM items WHERE id = 1 RETURNING id) SELECT * FROM gone',
  ],
  [
    'a writing WITH in an INSERT',
    'WITH gone AS (DELETE FROM items WHERE id = 1 RETURNING *) INSERT INTO other SELECT id + 10, code FROM gone',
  ],
  [
    'two writes of one table in WITH',
    'WITH one AS (UPDATE items SET n = 4 WHERE id = 1 RETURNING 1) UPDATE items SET n = 6 WHERE id = 2',
  ],
  ['a function that writes, called by SELECT', 'SELECT bump(1)'],
  ['a function that writes, called in FROM', 'SELECT * FROM bump($1)', 2],
  ['a function that writes, called in a condition', 'SELECT 1 WHERE bump(1) > 0'],
  ['EXPLAIN ANALYZE of a write', 'EXPLAIN ANALYZE UPDATE items SET n = 5 WHERE id = 1'],
  ['several statements in one text', 'UPDATE items SET n = 5 WHERE id = 1; DELETE FROM items WHERE id = 2'],
  ['a transaction in one text', 'BEGIN; UPDATE items SET n = 5 WHERE id = 1; COMMIT'],
  ['a write after a COMMIT in one text', 'BEGIN; COMMIT; UPDATE items SET n = 5 WHERE id = 1'],
  ['TRUNCATE', 'TRUNCATE items'],
]

/** Statements that may do anything: their connection's results are not kept any more. */
const CODE: readonly (readonly [title: string, text: string])[] = [
  ['a DO block', 'DO $$ BEGIN UPDATE items SET n = 5 WHERE id = 1; END $$'],
  ['a DO block that commits', 'DO $$ BEGIN UPDATE items SET n = 5 WHERE id = 1; COMMIT; END $$'],
  ['a procedure that commits', 'CALL bump_twice(1)'],
  [
    'PREPARE and EXECUTE',
    'PREPARE raise (int) AS UPDATE items SET n = n + 1 WHERE id = $1; EXECUTE raise (1)',
  ],
]

describe('A write through the pool shows in the next read', () => {
  test.each(WRITES)('%s', async (_, text, ...values) => {
    await world.expectSeen(() => world.pool.query(String(text), values), ...READS)
  })

  test.each(WRITES.filter(([title]) => !title.includes('COMMIT') && !title.includes('transaction')))(
    '%s, in a transaction, once it is committed',
    async (_, text, ...values) => {
      await world.expectSeen(() => world.pool.transaction(tx => tx.query(String(text), values)), ...READS)
    },
  )

  test.each(CODE)('%s', async (_, text) => {
    await world.expectSeen(() => world.aside(client => client.query(text)), ...READS)
  })

  test('a named statement, each time it runs', async () => {
    for (const n of [3, 4, 5]) {
      const write = { name: 'set-n', text: 'UPDATE items SET n = $1 WHERE id = $2', values: [n, 1] }
      await world.expectSeen(() => world.pool.query(write), ...READS)
    }
  })

  test('what EXECUTE runs of an earlier PREPARE', async () => {
    await world.aside(async client => {
      await client.query('PREPARE raise (int) AS UPDATE items SET n = n + 1 WHERE id = $1')
      await world.expectSeen(() => client.query('EXECUTE raise (1)'), ...READS)
      await client.query('BEGIN')
      await client.query('EXECUTE raise (2)')
      await world.expectSeen(() => client.query('COMMIT'), ...READS)
    })
  })

  test('statements sent one after the other without waiting for their answers', async () => {
    const client = await world.pool.connect()
    await world.expectSeen(
      () =>
        Promise.all([
          client.query('BEGIN'),
          client.query('UPDATE items SET n = 5 WHERE id = $1', [1]),
          client.query("INSERT INTO items VALUES (7, 'g', 10)"),
          client.query('COMMIT'),
          client.query('UPDATE items SET n = 6 WHERE id = 2'),
        ]),
      ...READS,
    )
    client.release()
  })

  test('a write with a callback, when it is called', async () => {
    const written = () =>
      new Promise<void>((resolve, reject) => {
        world.pool.query('UPDATE items SET n = $1 WHERE id = 1', [5], error =>
          error ? reject(error) : resolve(),
        )
      })
    await world.expectSeen(written, ...READS)
  })

  test('each of 50 writes at once, when it is acknowledged', async () => {
    const read: Read = ['SELECT count(*)::int AS count FROM items WHERE id >= $1', 100]
    await world.keep(read)
    let acknowledged = 0
    const write = async (id: number) => {
      await world.pool.query('INSERT INTO items VALUES ($1, $2, 30)', [id, `many-${id}`])
      acknowledged++
      const least = acknowledged
      expect((await world.pool.query(read[0], [100])).rows[0].count).toBeGreaterThanOrEqual(least)
    }
    await Promise.all(Array.from({ length: 50 }, (_, index) => write(100 + index)))
    await world.expectCurrent(read)
  })
})

describe('A write that does not happen', () => {
  test('a statement that fails leaves what is kept as it is', async () => {
    await world.keep(...READS)
    await expect(world.pool.query("INSERT INTO items VALUES (1, 'twice', 10)")).rejects.toMatchObject({
      code: '23505',
    })
    expect(await world.statusOf(...ONE)).toBe('hit')
    expect(await world.statusOf(...ALL)).toBe('hit')
  })

  test('a transaction that is rolled back leaves what is kept as it is', async () => {
    await world.keep(...READS)
    const attempt = world.pool.transaction(async tx => {
      await tx.query('DELETE FROM items')
      throw new Error('no')
    })
    await expect(attempt).rejects.toThrow('no')
    for (const read of READS) expect(await world.statusOf(...read)).toBe('hit')
  })

  test('a write past its deadline is undone, and reads are kept as before', async () => {
    const open = await world.closeGate(1)
    await world.keep(...READS)
    const late = world.pool.query({ text: 'UPDATE items SET n = 9 WHERE id = 1 AND gate(1)', timeout: 50 })
    const error = await rejection(late)
    expect(error).toMatchObject({
      code: 'HOLDFAST_QUERY_TIMEOUT',
      retry: expect.stringMatching(/^(safe|unknown)$/),
    })
    // Where it takes longer than 100 ms to confirm the cancellation, nothing is kept until the end is known.
    if (error.retry === 'unknown') await expect.poll(() => world.statusOf(...ONE)).toBe('hit')
    await open()
    await world.expectCurrent(...READS)
    expect(await world.statusOf(...ONE)).toBe('hit')
  })

  test('a write in a savepoint that is undone does not hide the others', async () => {
    await world.expectSeen(
      async () => {
        await world.pool.transaction(async tx => {
          await tx.query('UPDATE items SET n = 1 WHERE id = 1')
          const nested = tx.transaction(async inner => {
            await inner.query('UPDATE items SET n = 2 WHERE id = 2')
            throw new Error('undo')
          })
          await nested.catch(() => undefined)
          await tx.query("INSERT INTO items VALUES (7, 'g', 10)")
        })
      },
      ...READS,
    )
  })
})
