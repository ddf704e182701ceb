import { Pool } from 'holdfast'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openWorld, type World } from './world.js'

/** Waiting for a second connection would end with this error, and not before this time. */
const LIMITS = { max: 1, connectionTimeoutMillis: 120_000 }
const CACHE = { tables: { items: '1h' } } as const

let world: World

beforeAll(async () => {
  world = await openWorld({
    schema: 'CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO items VALUES (1)',
    cache: CACHE,
  })
})
afterAll(() => world.close())
afterEach(() => world.outside.query('DROP TABLE IF EXISTS first; ALTER TABLE items DROP COLUMN IF EXISTS x'))

/** A pool that has asked nothing yet. */
function newPool(): Pool {
  const pool = new Pool({ connectionString: world.url, ...LIMITS, cache: CACHE })
  onTestFinished(() => pool.end({ timeout: 0 }))
  return pool
}

const READ = 'SELECT * FROM items WHERE id = 1'

/** What a borrower does first, before anything is known of the definitions. */
const FIRST: readonly (readonly [title: string, ...texts: string[]])[] = [
  ['a read', READ],
  ['a write', 'UPDATE items SET n = n + 1'],
  ['a transaction', 'BEGIN', 'UPDATE items SET n = n + 1', 'COMMIT'],
  ['a transaction in one text', 'BEGIN; UPDATE items SET n = n + 1; COMMIT'],
  ['several statements', 'UPDATE items SET n = n + 1; SELECT 1'],
  ['a setting', "SET TimeZone = 'Asia/Tokyo'", 'UPDATE items SET n = n + 1'],
  ['a definition', 'CREATE TABLE first (id int)', 'DROP TABLE first', 'UPDATE items SET n = n + 1'],
  [
    'a definition after a setting',
    "SET TimeZone = 'Asia/Tokyo'",
    'CREATE TABLE first (id int)',
    'DROP TABLE first',
  ],
  [
    'a definition in a transaction',
    'BEGIN',
    'CREATE TABLE first (id int)',
    'UPDATE items SET n = n + 1',
    'ROLLBACK',
  ],
  [
    'a definition in a transaction that commits',
    'BEGIN',
    'CREATE TABLE first (id int)',
    'DROP TABLE first',
    'COMMIT',
  ],
  [
    'a definition next to a temporary table',
    'CREATE TEMP TABLE IF NOT EXISTS mine (id int)',
    'ALTER TABLE items ADD COLUMN x int',
    'UPDATE items SET n = n + 1',
    'ALTER TABLE items DROP COLUMN x',
  ],
  ['a block of code', 'DO $$ BEGIN UPDATE items SET n = n + 1; END $$', 'UPDATE items SET n = n + 1'],
  [
    'a block of code in a transaction',
    'BEGIN',
    'DO $$ BEGIN UPDATE items SET n = n + 1; END $$',
    'COMMIT',
    'UPDATE items SET n = n + 1',
  ],
]

describe('A pool of one connection', () => {
  test.each(FIRST)('does not wait for a second one when its borrower begins with %s', async (_, ...texts) => {
    const pool = newPool()
    const client = await pool.connect()
    for (const text of texts) await client.query(text)
    client.release()
    for (const text of texts) await pool.query(text)
    const truth = (await world.outside.query(READ)).rows
    expect([(await pool.query(READ)).rows, (await pool.query(READ)).rows]).toEqual([truth, truth])
  })

  test('reads and writes at once without waiting for itself', async () => {
    const pool = newPool()
    const work = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0 ? pool.query('UPDATE items SET n = n + 1 WHERE id = 1') : pool.query(READ),
    )
    const transaction = pool.transaction(async tx => {
      await tx.query('UPDATE items SET n = n + 1 WHERE id = 1')
      return (await tx.query(READ)).rows
    })
    await Promise.all([...work, transaction])
    expect((await pool.query(READ)).rows).toEqual((await world.outside.query(READ)).rows)
  })
})
