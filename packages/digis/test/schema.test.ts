import { readdirSync } from 'node:fs'
import { createDigis, migrateDigis } from '@holdfast/digis'
import { temporaryDatabase } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { newDigis, newEmptyDigis, newFan, newSession, only } from './new-digis.js'

const MIGRATIONS = readdirSync(new URL('../migrations/', import.meta.url)).sort()
const TABLES = [
  'creator_daily_stats',
  'creator_daily_stats_state',
  'creator_documents',
  'idempotency_keys',
  'ledger_accounts',
  'ledger_entries',
  'ledger_transfers',
  'maintenance_runs',
  'partition_policies',
  'payments',
  'provider_events',
  'query_statistics',
  'search_words',
  'sessions',
  'token_accounts',
  'users',
]
const NAMED_AFTER_A_TABLE = new RegExp(`^(fk|chk|uq|idx)_(${TABLES.join('|')})_`)

async function tables(digis: Awaited<ReturnType<typeof newEmptyDigis>>): Promise<string[]> {
  const { rows } = await digis.query(`
    SELECT relname FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`)
  return rows.map(row => row.relname)
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

test('a file that fails leaves nothing of itself, and the next run goes on with it', async () => {
  const digis = await newEmptyDigis()
  await digis.query('CREATE VIEW payments AS SELECT 1')
  await expect(migrateDigis(digis.pool)).rejects.toMatchObject({
    file: '0003_payments.sql',
    sqlState: '42P07',
  })
  expect(await tables(digis)).toEqual(['sessions', 'users'])
  await digis.query('DROP VIEW payments')
  expect((await migrateDigis(digis.pool)).applied).toEqual(MIGRATIONS.slice(2))
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

test('every foreign key to users refers to users.id, and a delete cascades to what is derived alone', async () => {
  const digis = await newDigis()
  const { rows } = await digis.query(`
    SELECT DISTINCT CASE confdeltype WHEN 'c' THEN conrelid::regclass::text ELSE 'none' END AS cascade_to,
           confdeltype AS on_delete,
           (SELECT string_agg(attname, ',') FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY (confkey)) AS target
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`)
  expect(rows).toEqual([
    { cascade_to: 'creator_documents', on_delete: 'c', target: 'id' },
    { cascade_to: 'none', on_delete: 'r', target: 'id' },
  ])
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
  for (const { name } of rows) expect(name).toMatch(NAMED_AFTER_A_TABLE)
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
    'a user by the name that they chose',
    "SELECT id FROM users WHERE lower(username) = 'ana'",
    'uq_users_username',
  ],
  [
    'payments that somebody waits for',
    "SELECT id FROM payments WHERE status = 'pending' ORDER BY created_at LIMIT 5",
    'idx_payments_pending',
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

test('creator_stats are refreshed at most as often as asked, by one at a time, and count completed payments', async () => {
  const digis = await newDigis()
  const session = await newSession(digis)
  await digis.createPayment(session.id, 10, 2)
  await digis.query("INSERT INTO payments (session_id, amount, status) VALUES ($1, 99, 'failed')", [
    session.id,
  ])
  const refresh = async (maxAge: string) =>
    only(await digis.query('SELECT refresh_creator_stats($1) AS done', [maxAge])).done
  expect([await refresh('1 hour'), await refresh('1 hour'), await refresh('0')]).toEqual([true, false, true])
  const { rows } = await digis.query('SELECT sessions, payments, total_earnings FROM creator_stats')
  expect(rows).toEqual([{ sessions: 1, payments: 1, total_earnings: '12.00' }])
  expect(only(await digis.getCreatorEarnings(session.creator_id))).toMatchObject({ total_earnings: '12.00' })
  const all = await Promise.all([refresh('0'), refresh('0'), refresh('0')])
  expect(all).toContain(true)
  expect(only(await digis.query('SELECT schedule_creator_stats() AS answer')).answer).toContain(
    'not installed',
  )
})

test('table_health has a row for each table, and a remark where a constraint is not validated', async () => {
  const digis = await newDigis()
  const health = async () =>
    (await digis.query('SELECT table_name, advice FROM table_health() ORDER BY 1')).rows
  expect((await health()).filter(row => row.advice !== 'Fine.')).toEqual([])
  expect((await health()).map(row => row.table_name)).toEqual(expect.arrayContaining(TABLES))
  await digis.query('ALTER TABLE users ADD CONSTRAINT chk_users_new CHECK (id > 0) NOT VALID')
  expect(await health()).toContainEqual({
    table_name: 'users',
    advice: 'A constraint is not validated: old rows may break it.',
  })
})

test('a document of search follows the names and the bio', async () => {
  const digis = await newDigis()
  await digis.createUser('6f0f3d2e-0000-4000-8000-00000000000a', true, 'I like chess')
  await digis.query("UPDATE users SET display_name = 'Ana Bela', username = 'ana.b'")
  const found = async (term: string) => (await digis.searchCreators(term)).rows.length
  expect([await found('bela'), await found('ana.b'), await found('chess'), await found('salsa')]).toEqual([
    1, 1, 1, 0,
  ])
})
