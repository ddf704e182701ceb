import { Pool } from 'holdfast'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, code text UNIQUE, n int NOT NULL DEFAULT 0);
  CREATE TABLE changing (id int PRIMARY KEY, code text UNIQUE, n int NOT NULL DEFAULT 0);
  CREATE TABLE dropbox (id int PRIMARY KEY, owner text);
  ALTER TABLE dropbox ENABLE ROW LEVEL SECURITY;
  CREATE POLICY anybody ON dropbox FOR INSERT WITH CHECK (true);
  CREATE POLICY own ON dropbox FOR SELECT USING (owner = current_user);
  CREATE TABLE blind (id int PRIMARY KEY, note text);
  CREATE FUNCTION set_n(which int) RETURNS void LANGUAGE sql AS 'UPDATE public.items SET n = 77 WHERE id = which';`

const CACHE = { tables: { items: '1h', changing: '1h', dropbox: '1h', blind: '1h' } } as const
const ONE: Read = ['SELECT * FROM items WHERE id = $1', 1]

let world: World
let user: string

beforeAll(async () => {
  world = await openWorld({ schema: SCHEMA, cache: CACHE })
  user = `writer_${new URL(world.url).pathname.slice(6)}`
  await world.outside.query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret';
    GRANT ALL ON items, changing, dropbox TO ${user}; GRANT INSERT ON blind TO ${user}`)
})
beforeEach(async () => {
  await world.outside.query(
    'DELETE FROM items; DELETE FROM dropbox; DELETE FROM blind; INSERT INTO items VALUES (1, $$a$$)',
  )
  await world.pool.cache.invalidate({ tables: ['items'] })
})
afterAll(async () => {
  await world.outside.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
  await world.close()
})

function asWriter(): Pool {
  const url = Object.assign(new URL(world.url), { username: user, password: 'secret' })
  const pool = new Pool({ connectionString: url.href, cache: CACHE })
  onTestFinished(() => pool.end())
  return pool
}

/** Alone, in a transaction, and as the pool's own transaction. */
async function everyWay(pool: Pool, text: (id: number) => string): Promise<void> {
  await pool.query(text(101))
  await pool.transaction(tx => tx.query(text(102)))
  const client = await pool.connect()
  await client.query(text(103))
  client.release()
}

describe('What the cache wants to know of a write never makes it fail', () => {
  test('into a temporary table that stands before a cached one', async () => {
    await world.aside(async client => {
      await client.query('CREATE TEMP TABLE items (note text)')
      await client.query("INSERT INTO items VALUES ('alone')")
      await client.query('BEGIN')
      await client.query("INSERT INTO items VALUES ('in a transaction')")
      await client.query('COMMIT')
      expect((await client.query('SELECT * FROM items')).rowCount).toBe(2)
    })
  })

  test('under a policy that lets rows in and does not show them', async () => {
    await everyWay(asWriter(), id => `INSERT INTO dropbox VALUES (${id}, 'somebody')`)
    expect((await world.outside.query('SELECT * FROM dropbox')).rowCount).toBe(3)
  })

  test('into a table that the user may not read', async () => {
    const pool = asWriter()
    await everyWay(pool, id => `INSERT INTO blind VALUES (${id})`)
    expect((await world.outside.query('SELECT * FROM blind')).rowCount).toBe(3)
  })

  test('after somebody else has dropped a column by which rows were told apart', async () => {
    await world.pool.query("INSERT INTO changing VALUES (1, 'a')")
    await world.outside.query('ALTER TABLE changing DROP COLUMN code')
    await world.pool.query('INSERT INTO changing VALUES (2)')
    await everyWay(world.pool, id => `INSERT INTO changing VALUES (${id})`)
    const read: Read = ['SELECT * FROM changing WHERE id = $1', 2]
    await world.expectSeen(() => world.pool.query('UPDATE changing SET n = 5 WHERE id = 2'), read)
  })
})

test('a temporary table that stands before a cached one hides no write to that one', async () => {
  await world.aside(async client => {
    await client.query('CREATE TEMP TABLE items (id int PRIMARY KEY, code text, n int)')
    const write = async () => {
      await client.query('BEGIN')
      await client.query("INSERT INTO items VALUES (5, 'mine')")
      await client.query('SELECT set_n(1)')
      await client.query('COMMIT')
    }
    await world.expectSeen(write, ONE)
  })
})
