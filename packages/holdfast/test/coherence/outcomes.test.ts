import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { startTcpProxy, type TcpProxy } from '@holdfast/testkit'
import type { PoolClient } from 'pg'
import { from } from 'pg-copy-streams'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

/** A row in `slow` makes the COMMIT wait at gate 1: a cursor that is to outlive it runs its query then. */
const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
  CREATE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT pg_advisory_xact_lock_shared(1)'; RETURN NULL; END $$;
  CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM gate(2); RETURN new; END $$;
  CREATE TRIGGER held AFTER UPDATE ON items FOR EACH ROW WHEN (new.n = 1) EXECUTE FUNCTION hold_commit();
  CREATE TRIGGER waits BEFORE INSERT ON items FOR EACH ROW WHEN (new.n = 2) EXECUTE FUNCTION wait_at_gate();`

const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]
const ALL: Read = ['SELECT * FROM items ORDER BY id']
const UPDATE = 'UPDATE items SET n = 1 WHERE id = 1'

let world: World
let proxy: TcpProxy

beforeAll(async () => {
  world = await openWorld({
    schema: SCHEMA,
    cache: { tables: { items: '1h' } },
    through: async port => {
      proxy = await startTcpProxy(port)
      return proxy
    },
    // One connection at a time: the newest is the one that a write has.
    // What may be repeated would be, and wait for what it repeats.
    options: { max: 1, retry: { attempts: 1 } },
  })
  world.pool.on('error', () => undefined)
})
beforeEach(async () => {
  await world.outside.query('DELETE FROM items; INSERT INTO items VALUES (1, 0), (5, 0)')
  await world.pool.cache.invalidate({ tables: ['items'] })
})
afterAll(async () => {
  await world.close()
  await proxy.close()
})

const cut = () => proxy.cut(proxy.accepted - 1)

/** How many backends of the pool are at work: those of a lost connection among them. */
async function working(): Promise<number> {
  const { rows } = await world.outside.query(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
  )
  return rows.length
}

/** A write whose end waits at a gate, which is closed: what the caller is told is checked by whoever starts it. */
interface Undecided {
  readonly key: number
  /** Starts it, and settles when the caller has been told something. */
  start(): Promise<unknown>
}

/** Cuts the connection while the write waits, and proves that nothing is kept until the server knows how it ended. */
async function expectMarkedUntilOver({ key, start }: Undecided, end: () => Promise<unknown>): Promise<void> {
  await world.keep(ONE, ALL)
  const told = start()
  await world.reached(key)
  cut()
  await told
  await lookAtMarks()
  for (const read of [ONE, ALL, ONE]) expect(await world.statusOf(...read)).toBe('bypass')
  await end()
  await expect.poll(working, { interval: 5 }).toBe(0)
  await world.expectCurrent(ONE, ALL)
  await lookAtMarks()
  await expect.poll(() => world.statusOf(...ONE), { interval: 5 }).toBe('hit')
  await world.expectCurrent(ONE, ALL)
}

/** Marks are looked at when a read has found them again a second later; or when a prepared transaction ends. */
const lookAtMarks = () => world.pool.query("ROLLBACK PREPARED 'nobody'").catch(() => undefined)

/** Terminates whoever waits at a gate. */
const terminate = (key: number) =>
  world.outside.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [key],
  )

const byHand = async () => {
  const client = await world.pool.connect()
  client.on('error', () => undefined)
  await client.query('BEGIN')
  await client.query(UPDATE)
  const told = expect(client.query('COMMIT')).rejects.toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN' })
  return told.finally(() => client.release(true))
}

const alone = (idempotent: boolean) => () =>
  expect(world.pool.query({ text: UPDATE, idempotent })).rejects.toMatchObject({
    code: 'HOLDFAST_OUTCOME_UNKNOWN',
  })

const block = () =>
  expect(
    world.pool.query('DO $$ BEGIN UPDATE items SET n = 7 WHERE id = 1; PERFORM gate(2); END $$'),
  ).rejects.toThrow()

const copy = async () => {
  const client: PoolClient = await world.pool.connect()
  client.on('error', () => undefined)
  const copied = pipeline(Readable.from(['8\t2\n']), client.query(from('COPY items FROM STDIN')))
  await expect(copied).rejects.toThrow()
  client.release(true)
}

describe('A write whose connection is lost before its end is known', () => {
  const UNDECIDED: readonly (readonly [title: string, write: Undecided])[] = [
    ['a COMMIT by hand', { key: 1, start: byHand }],
    ['a statement of its own', { key: 1, start: alone(false) }],
    ['a statement of its own that may be repeated', { key: 1, start: alone(true) }],
    ['a block of code', { key: 2, start: block }],
    ['a COPY', { key: 2, start: copy }],
  ]

  test.each(UNDECIDED)('%s: nothing is kept until it is visible', async (_, write) => {
    const open = await world.closeGate(write.key)
    await expectMarkedUntilOver(write, open)
    expect((await world.outside.query('SELECT 1 FROM items WHERE n > 0')).rowCount).toBe(1)
  })

  test.each(UNDECIDED)('%s: nothing is kept until it is undone', async (_, write) => {
    await world.closeGate(write.key)
    await expectMarkedUntilOver(write, () => terminate(write.key))
    expect((await world.outside.query('SELECT 1 FROM items WHERE n > 0')).rowCount).toBe(0)
  })

  test('a COMMIT that nobody can cancel in time, of a write that may be repeated: the same', async () => {
    const open = await world.closeGate(1)
    await world.keep(ONE)
    const controller = new AbortController()
    const given = world.pool.query({ text: UPDATE, idempotent: true, signal: controller.signal })
    const told = expect(given).rejects.toMatchObject({ code: 'HOLDFAST_ABORTED' })
    await world.reached(1)
    const index = proxy.accepted - 1
    proxy.holdNew()
    controller.abort()
    await told
    proxy.cut(index)
    proxy.letIn()
    expect(await world.statusOf(...ONE)).toBe('bypass')
    await open()
    await expect.poll(working, { interval: 5 }).toBe(0)
    await world.expectCurrent(ONE)
    await expect.poll(() => world.statusOf(...ONE)).toBe('hit')
    await world.expectCurrent(ONE)
  })
})

describe('A prepared transaction', () => {
  const prepare = (client: PoolClient) =>
    (async () => {
      await client.query('BEGIN')
      await client.query('UPDATE items SET n = 3 WHERE id = 1')
      await client.query("PREPARE TRANSACTION 'first'")
    })()

  test('blocks what it has written until it is committed, and shows then', async () => {
    await world.keep(ONE, ALL)
    await world.aside(prepare)
    expect(await world.statusOf(...ONE)).toBe('bypass')
    await world.pool.query("COMMIT PREPARED 'first'")
    await world.expectCurrent(ONE, ALL)
    await expect.poll(() => world.statusOf(...ONE)).toBe('hit')
    await world.expectCurrent(ONE, ALL)
  })

  test('blocks until it is rolled back, also by somebody else', async () => {
    await world.aside(prepare)
    expect(await world.statusOf(...ONE)).toBe('bypass')
    await world.outside.query("ROLLBACK PREPARED 'first'")
    await expect.poll(() => world.statusOf(...ONE)).toBe('hit')
    await world.expectCurrent(ONE, ALL)
  })
})
