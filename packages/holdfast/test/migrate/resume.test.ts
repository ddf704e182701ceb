import { seededRandom } from '@holdfast/testkit'
import { catalogFingerprint, inspectMigrations, type MigrationProgress, migrate, type Pool } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { holdfast, startHoldfast } from '../cli/command-process.js'
import { emptyDatabase, finishedFiles, folderWith, holderOf, tablesOf } from './migration-folder.js'

const table = { '0001_notes.sql': 'CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (2);' }
const index = {
  ...table,
  '0002_index.sql': '--! no-transaction\nCREATE INDEX CONCURRENTLY idx_notes ON notes (id);',
  '0003_more.sql': 'CREATE TABLE more ();',
}

/** Resolves when a statement of somebody else's in this database waits for a lock. */
async function somebodyWaits(pool: Pool): Promise<number> {
  const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  let pid: number | undefined
  await expect.poll(async () => (pid = (await pool.query(waiting)).rows[0]?.pid)).toBeDefined()
  return pid as unknown as number
}

describe('a runner whose process is killed', () => {
  test('while a file runs leaves nothing of the file, and the next one applies it', async () => {
    const pool = await emptyDatabase()
    const holder = await holderOf(pool, 'SELECT pg_advisory_xact_lock(7)')
    const directory = await folderWith({
      ...table,
      '0002_waits.sql': 'CREATE TABLE half (); SELECT pg_advisory_xact_lock(7); CREATE TABLE whole ();',
    })
    const runner = startHoldfast(['migrate', 'up', '--dir', directory], { DATABASE_URL: pool.url })
    await somebodyWaits(pool)
    runner.kill()
    expect((await runner.ended).signal).toBe('SIGKILL')
    await holder.letGo()
    expect((await migrate(pool, { directory })).applied).toEqual(['0002_waits.sql'])
    expect(await tablesOf(pool)).toEqual(['half', 'notes', 'whole'])
  })

  test('while an index is built concurrently: the index is waited for, taken as it is, and built once', async () => {
    const pool = await emptyDatabase()
    await migrate(pool, { directory: await folderWith(table) })
    // A writer that has not committed: the build waits for it, in its own server process.
    const writer = await holderOf(pool, 'INSERT INTO notes VALUES (3)')
    const directory = await folderWith(index)
    const runner = startHoldfast(['migrate', 'up', '--dir', directory], { DATABASE_URL: pool.url })
    await somebodyWaits(pool)
    runner.kill()
    await runner.ended
    const next = migrate(pool, { directory, onProgress: step => step.state === 'waiting' && writer.letGo() })
    expect((await next).applied).toEqual(['0002_index.sql', '0003_more.sql'])
    expect(
      (await pool.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_notes'::regclass")).rows,
    ).toEqual([{ indisvalid: true }])
    expect((await inspectMigrations(pool, { directory })).problems).toEqual([])
  })
})

test('an index whose build is killed on the server is dropped and built anew by the next run', async () => {
  const pool = await emptyDatabase()
  await migrate(pool, { directory: await folderWith(table) })
  const writer = await holderOf(pool, 'INSERT INTO notes VALUES (3)')
  const directory = await folderWith(index)
  const run = migrate(pool, { directory })
  const pid = await somebodyWaits(pool)
  await Promise.all([
    expect(run).rejects.toThrow(/^0002_index\.sql/),
    pool.query('SELECT pg_terminate_backend($1)', [pid]),
  ])
  await writer.letGo()
  // The build has left the name behind: without help CREATE INDEX would fail with "already exists".
  const left = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_notes'::regclass"
  expect((await pool.query(left)).rows).toEqual([{ indisvalid: false }])
  const cleaned: string[] = []
  const onProgress = (step: MigrationProgress) => step.state === 'cleaned' && cleaned.push(step.index)
  expect((await migrate(pool, { directory, onProgress })).applied).toEqual([
    '0002_index.sql',
    '0003_more.sql',
  ])
  expect(cleaned).toEqual(['public.idx_notes'])
  expect((await pool.query(left)).rows).toEqual([{ indisvalid: true }])
})

test('runs that are killed at any moment end, taken together, where one that is left alone ends', async () => {
  const steps = Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map(n =>
      n % 2 === 0
        ? [`000${n}_i.sql`, `--! no-transaction\nCREATE INDEX CONCURRENTLY idx_${n} ON step_${n - 1} (a)`]
        : [
            `000${n}_t.sql`,
            `CREATE TABLE step_${n} (a int); SELECT pg_sleep(0.05); CREATE VIEW v_${n} AS SELECT 1 AS x;`,
          ],
    ),
  )
  const [alone, killed] = [await emptyDatabase(), await emptyDatabase()]
  const directory = await folderWith(steps)
  await migrate(alone, { directory })
  const random = seededRandom(20)
  const began = async () =>
    (
      await killed.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'holdfast' AND datname = current_database()",
      )
    ).rows[0].n > 0
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const runner = startHoldfast(['migrate', 'up', '--dir', directory], { DATABASE_URL: killed.url })
    await expect.poll(began).toBe(true)
    await new Promise(resolve => setTimeout(resolve, random.int(0, 150)))
    runner.kill()
    await runner.ended
  }
  const { code, stdout } = await holdfast(['migrate', 'up', '--dir', directory], { DATABASE_URL: killed.url })
  expect({ code, stdout }).toMatchObject({ code: 0 })
  expect(await finishedFiles(killed)).toEqual(Object.keys(steps))
  expect(await catalogFingerprint(killed)).toEqual(await catalogFingerprint(alone))
})
