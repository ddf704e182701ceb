import { createDigis, migrateDigis } from '@holdfast/digis'
import { temporaryDatabase } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { newDigis, newEmptyDigis, newFan } from './new-digis.js'

const MIGRATIONS = [
  '0001_users.sql',
  '0002_sessions.sql',
  '0003_payments.sql',
  '0004_token_accounts.sql',
  '0005_idempotency_keys.sql',
  '0030_ledger.sql',
  '0031_ledger_posting.sql',
  '0032_ledger_guards.sql',
  '0033_ledger_of_tokens.sql',
  '0034_ledger_of_payments.sql',
  '0035_provider_events.sql',
  '0036_ledger_grants.sql',
]
const TABLES = [
  'idempotency_keys',
  'ledger_accounts',
  'ledger_entries',
  'ledger_transfers',
  'payments',
  'provider_events',
  'sessions',
  'token_accounts',
  'users',
]

async function tables(digis: Awaited<ReturnType<typeof newEmptyDigis>>): Promise<string[]> {
  const { rows } = await digis.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
  return rows.map(row => row.tablename)
}

test('addMissingColumns creates everything in an empty database and nothing the second time', async () => {
  const digis = await newEmptyDigis()
  expect(await digis.addMissingColumns()).toEqual({ applied: MIGRATIONS, total: MIGRATIONS.length })
  expect(await digis.addMissingColumns()).toEqual({ applied: [], total: MIGRATIONS.length })
  expect(await tables(digis)).toEqual(TABLES)
})

test('many processes that start at once create the schema once', async () => {
  const { url } = await temporaryDatabase()
  const all = Array.from({ length: 8 }, () => createDigis({ connectionString: url, max: 1 }))
  onTestFinished(async () => {
    await Promise.all(all.map(digis => digis.end()))
  })
  const results = await Promise.all(all.map(digis => digis.addMissingColumns()))
  expect(results.flatMap(result => result.applied)).toEqual(MIGRATIONS)
})

test('a failure leaves nothing of the schema', async () => {
  const digis = await newEmptyDigis()
  await digis.query('CREATE VIEW payments AS SELECT 1')
  await expect(migrateDigis(digis.pool)).rejects.toMatchObject({
    file: '0003_payments.sql',
    sqlState: '42P07',
  })
  expect(await tables(digis)).toEqual([])
  await digis.query('DROP VIEW payments')
  expect((await migrateDigis(digis.pool)).applied).toEqual(MIGRATIONS)
})

test("somebody else's users table is left alone, with an error that says so", async () => {
  const digis = await newEmptyDigis()
  await digis.query('CREATE TABLE users (id serial PRIMARY KEY, email text)')
  await expect(digis.addMissingColumns()).rejects.toMatchObject({
    name: 'DigisError',
    code: 'DIGIS_FOREIGN_SCHEMA',
    message: expect.stringMatching(/has a table "users" that DIGIS did not create\. Nothing was changed\./),
  })
  expect(await tables(digis)).toEqual(['users'])
})

test('every foreign key to users refers to users.id, and no delete cascades', async () => {
  const digis = await newDigis()
  const { rows } = await digis.query(`
    SELECT DISTINCT confdeltype AS on_delete,
           (SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY (confkey)) AS target
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`)
  expect(rows).toEqual([{ on_delete: 'r', target: 'id' }])
})

test('every foreign key has an index that begins with it', async () => {
  const digis = await newDigis()
  const { rows } = await digis.query(`
    SELECT conname FROM pg_constraint AS c
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_index AS i
                        WHERE i.indrelid = c.conrelid AND i.indpred IS NULL AND i.indkey[0] = c.conkey[1])`)
  expect(rows).toEqual([])
})

test('constraints and indexes are named after what they do', async () => {
  const digis = await newDigis()
  const { rows } = await digis.query(
    `
    SELECT conname AS name FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c', 'u')
    UNION SELECT indexrelid::regclass::text FROM pg_index
     WHERE indrelid::regclass::text = ANY ($1) AND NOT indisprimary`,
    [TABLES],
  )
  for (const { name } of rows) expect(name).toMatch(new RegExp(`^(fk|chk|uq|idx)_(${TABLES.join('|')})_`))
  expect(rows.map(row => row.name)).toEqual(
    expect.arrayContaining(['fk_sessions_creator', 'chk_payments_amount', 'idx_sessions_creator_id']),
  )
})

test.each([
  [
    'active sessions',
    'SELECT id FROM sessions WHERE creator_id = 7 AND end_time IS NULL',
    'idx_sessions_active_creator_id',
  ],
  [
    "a fan's newest payments",
    'SELECT id FROM payments WHERE fan_id = 7 ORDER BY created_at DESC, id DESC LIMIT 5',
    'idx_payments_fan_id',
  ],
  [
    'the newest creators',
    'SELECT id FROM users WHERE is_creator ORDER BY id DESC LIMIT 5',
    'idx_users_creators',
  ],
])('%s can be read through an index', async (_, query, index) => {
  const digis = await newDigis()
  await newFan(digis)
  const plan = await digis.transaction(async tx => {
    // On tables this small a scan is cheaper; the question is whether the index fits the query.
    await tx.query('SET LOCAL enable_seqscan = off')
    return (await tx.query(`EXPLAIN ${query}`)).rows.map(row => row['QUERY PLAN']).join('\n')
  })
  expect(plan).toContain(index)
})

test('a search can be read through the index of the bios', async () => {
  const digis = await newDigis()
  const client = await digis.getClient()
  await client.query('BEGIN')
  // With few creators it is cheaper to read them all; the question is whether the index fits the query.
  await client.query('DROP INDEX idx_users_creators; SET LOCAL enable_seqscan = off')
  const { rows } = await client.query(
    "EXPLAIN SELECT id FROM users WHERE is_creator AND bio_search @@ bio_query('salsa lisb')",
  )
  await client.query('ROLLBACK')
  client.release()
  expect(rows.map(row => row['QUERY PLAN']).join('\n')).toContain('idx_users_bio_search')
})
