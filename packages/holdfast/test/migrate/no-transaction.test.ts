import { type MigrationProgress, migrate, type Pool } from 'holdfast'
import { expect, test } from 'vitest'
import { emptyDatabase, finishedFiles, folderWith, holderOf, write } from './migration-folder.js'

const twins = { '0001_notes.sql': 'CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (1);' }
const unique = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_notes_id ON notes (id);'
const alone = { ...twins, '0002_index.sql': `--! no-transaction\n${unique}` }

test('an index can be built concurrently', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith({
    ...twins,
    '0002_index.sql': '--! no-transaction\nCREATE INDEX CONCURRENTLY idx_notes_id ON notes (id);',
  })
  expect((await migrate(pool, { directory })).applied).toEqual(['0001_notes.sql', '0002_index.sql'])
  const { rows } = await pool.query(
    "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_notes_id'::regclass",
  )
  expect(rows).toEqual([{ indisvalid: true }])
})

test('more than one statement is refused by the server, and nothing runs', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith({
    '0001_two.sql': '--! no-transaction\nCREATE TABLE a (); CREATE TABLE b ();',
  })
  await expect(migrate(pool, { directory })).rejects.toMatchObject({
    file: '0001_two.sql',
    sqlState: '42601',
  })
  expect((await pool.query("SELECT to_regclass('a') AS a")).rows).toEqual([{ a: null }])
})

test('the invalid index that a failed attempt left is dropped by the next one, which says so', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith(alone)
  const refused = { file: '0002_index.sql', sqlState: '23505' }
  await expect(migrate(pool, { directory })).rejects.toMatchObject(refused)
  // With IF NOT EXISTS alone PostgreSQL would say that the index is there, and it would enforce nothing.
  await expect(migrate(pool, { directory })).rejects.toMatchObject(refused)
  expect(await finishedFiles(pool)).toEqual(['0001_notes.sql'])
  await pool.query('TRUNCATE notes')
  const cleaned: string[] = []
  const onProgress = (step: MigrationProgress) => step.state === 'cleaned' && cleaned.push(step.index)
  expect((await migrate(pool, { directory, onProgress })).applied).toEqual(['0002_index.sql'])
  expect(cleaned).toEqual(['public.idx_notes_id'])
  expect(await validity(pool, 'idx_notes_id')).toBe(true)
})

test('an invalid index that was there before is neither dropped nor skipped', async () => {
  const pool = await emptyDatabase()
  await migrate(pool, { directory: await folderWith(twins) })
  await expect(pool.query(unique)).rejects.toMatchObject({ code: '23505' })
  const directory = await folderWith(alone)
  for (const _ of ['the first time', 'and again']) {
    await expect(migrate(pool, { directory })).rejects.toThrow(
      /^0002_index\.sql: the index public\.idx_notes_id is invalid.*DROP INDEX CONCURRENTLY public\.idx_notes_id;/,
    )
  }
  const inTransaction = await folderWith({ ...twins, '0002_index.sql': unique.replace('CONCURRENTLY', '') })
  await expect(migrate(pool, { directory: inTransaction })).rejects.toThrow(/idx_notes_id is invalid/)
  expect(await finishedFiles(pool)).toEqual(['0001_notes.sql'])
})

test('a killed connection leaves a claim that the next runner takes over', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith({
    ...twins,
    '0002_alone.sql': '--! no-transaction\nSELECT pg_terminate_backend(pg_backend_pid())',
  })
  await expect(migrate(pool, { directory })).rejects.toThrow(/^0002_alone\.sql/)
  await write(directory, { '0002_alone.sql': '--! no-transaction\nSELECT 1' })
  expect((await migrate(pool, { directory })).applied).toEqual(['0002_alone.sql'])
})

test('other runners wait for one that is at work outside a transaction', async () => {
  const pool = await emptyDatabase()
  const holder = await holderOf(pool, 'SELECT pg_advisory_xact_lock(7)')
  const waits = '--! no-transaction\nSELECT pg_advisory_xact_lock(7)'
  const directory = await folderWith({ ...twins, '0002_alone.sql': waits })
  let first = migrate(pool, { directory: await folderWith(twins) })
  await first
  const claimed = new Promise<void>(resolve => {
    first = migrate(pool, { directory, onProgress: step => step.state === 'started' && resolve() })
  })
  await claimed
  const reasons: string[] = []
  const second = migrate(pool, {
    directory,
    onProgress(step) {
      if (step.state !== 'waiting') return
      reasons.push(step.reason)
      holder.letGo()
    },
  })
  expect([(await first).applied.length, (await second).applied.length]).toEqual([1, 0])
  expect(reasons).toHaveLength(1)
})

test("transaction: 'all' refuses a file that cannot be part of one, before anything runs", async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith(alone)
  await expect(migrate(pool, { directory, transaction: 'all' })).rejects.toThrow(
    /^0002_index\.sql: has to run outside a transaction/,
  )
  expect((await pool.query("SELECT to_regclass('notes') AS notes")).rows).toEqual([{ notes: null }])
})

async function validity(pool: Pool, index: string): Promise<boolean> {
  const { rows } = await pool.query('SELECT indisvalid FROM pg_index WHERE indexrelid = $1::regclass', [
    index,
  ])
  return rows[0]?.indisvalid
}
