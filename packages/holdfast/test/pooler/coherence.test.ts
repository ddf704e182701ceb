import {
  findProgram,
  type PgBouncerServer,
  startPgBouncer,
  type TcpProxy,
  temporaryDatabase,
} from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from '../coherence/world.js'

const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, owner int NOT NULL, price int NOT NULL);
  CREATE TABLE sums (owner int PRIMARY KEY, total bigint NOT NULL);
  INSERT INTO items SELECT i, i % 3, 10 * i FROM generate_series(1, 30) i;
  INSERT INTO sums SELECT owner, sum(price) FROM items GROUP BY owner;
  CREATE FUNCTION add_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE sums SET total = total + new.price - old.price WHERE owner = new.owner; RETURN new; END $$;
  CREATE TRIGGER add_up AFTER UPDATE ON items FOR EACH ROW EXECUTE FUNCTION add_up();
`

const ITEM: Read = ['SELECT * FROM items WHERE id = $1', 4]
const ALL: Read = ['SELECT count(*), sum(price) FROM items']
const SUM: Read = ['SELECT total FROM sums WHERE owner = 1']

describe
  .skipIf(findProgram('pgbouncer') === undefined)
  .each([{ mode: 'session' as const }, { mode: 'transaction' as const }])(
  'the cache through PgBouncer in $mode mode',
  ({ mode }) => {
    let bouncer: PgBouncerServer
    let world: World

    beforeAll(async () => {
      // Two server connections for four of ours: in transaction mode they change hands all the time.
      const settings = { default_pool_size: mode === 'session' ? 8 : 2 }
      world = await openWorld({
        schema: SCHEMA,
        cache: { tables: { items: { ttl: '5m', keys: ['id'] }, sums: '5m' } },
        options: { pooler: mode, connectionTimeoutMillis: 30_000 },
        through: async () => {
          const { adminUrl } = await temporaryDatabase()
          bouncer = await startPgBouncer({ postgres: { url: adminUrl }, mode, settings })
          return { url: target => bouncer.urlFor(target) } as TcpProxy
        },
      })
    })

    afterAll(async () => {
      await world.close()
      await bouncer[Symbol.asyncDispose]()
    })

    test('a write that is sent alone shows at once, with what its triggers wrote', async () => {
      await world.expectSeen(
        () => world.pool.query('UPDATE items SET price = price + 1 WHERE id = $1', [4]),
        ITEM,
        ALL,
        SUM,
      )
    })

    test('a write spares the rows it did not touch', async () => {
      const other: Read = ['SELECT * FROM items WHERE id = $1', 5]
      await world.keep(other)
      await world.pool.query('UPDATE items SET price = price + 1 WHERE id = 4')
      expect(await world.statusOf(...other)).toBe('hit')
    })

    test('a transaction shows when it is committed, and not when it is rolled back', async () => {
      await world.expectSeen(
        () => world.pool.transaction(tx => tx.query('UPDATE items SET price = 0 WHERE id = 4')),
        ITEM,
        ALL,
        SUM,
      )
      const failing = world.pool.transaction(async tx => {
        await tx.query('UPDATE items SET price = 77 WHERE id = 4')
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      await world.expectCurrent(ITEM, ALL, SUM)
    })

    test('BEGIN and COMMIT by hand show, and so does a named statement in between', async () => {
      await world.expectSeen(
        async () => {
          const client = await world.pool.connect()
          await client.query('BEGIN')
          await client.query({
            name: 'raise',
            text: 'UPDATE items SET price = price + $1 WHERE id = 4',
            values: [9],
          })
          await client.query('COMMIT')
          client.release()
        },
        ITEM,
        ALL,
        SUM,
      )
    })

    test('several statements in one text show, and a block of code does', async () => {
      await world.expectSeen(
        () => world.pool.query('UPDATE items SET price = 1 WHERE id = 4; DELETE FROM items WHERE id = 30'),
        ITEM,
        ALL,
      )
      await world.expectSeen(
        () => world.pool.query('DO $$ BEGIN UPDATE items SET price = 2 WHERE id = 4; END $$'),
        ITEM,
        ALL,
        SUM,
      )
    })

    test('readers and writers side by side never see an old row after the answer to a write', async () => {
      let price = 1_000
      const stale: string[] = []
      for (let round = 0; round < 25; round++) {
        price += 1
        await world.pool.query('UPDATE items SET price = $1 WHERE id = 4', [price])
        const reads = await Promise.all(
          Array.from({ length: 8 }, () => world.pool.query(...asArguments(ITEM))),
        )
        for (const { rows } of reads)
          if (rows[0].price !== price) stale.push(`${rows[0].price} after ${price}`)
      }
      expect(stale).toEqual([])
    })

    test('a transaction that dies with the pooler leaves nothing stale', async () => {
      await world.keep(ITEM, ALL)
      const client = await world.pool.connect()
      client.on('error', () => undefined)
      await client.query('BEGIN')
      await client.query('UPDATE items SET price = 5 WHERE id = 4')
      await bouncer.kill()
      await bouncer.start()
      await expect(client.query('COMMIT')).rejects.toThrow()
      client.release(true)
      await expect
        .poll(
          () =>
            world.pool.query('SELECT 1').then(
              () => true,
              () => false,
            ),
          { timeout: 30_000 },
        )
        .toBe(true)
      await world.expectCurrent(ITEM, ALL, SUM)
    })
  },
)

function asArguments([text, ...values]: Read): [string, unknown[]] {
  return [text, [...values]]
}
