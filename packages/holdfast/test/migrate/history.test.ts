import { inspectMigrations, migrate } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { emptyDatabase, finishedFiles, folderWith } from './migration-folder.js'

const one = { '0001_one.sql': 'CREATE TABLE one ();' }
const two = { ...one, '0002_two.sql': 'CREATE TABLE two ();' }

/** The history as the first version of the runner made it. */
const FIRST_HISTORY = `
  CREATE SCHEMA holdfast;
  CREATE TABLE holdfast.migrations (
    number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, backend_pid integer NOT NULL,
    backend_start timestamptz NOT NULL, started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz, continues boolean NOT NULL,
    guard integer CONSTRAINT fk_migrations_finished_before_commit REFERENCES holdfast.migrations (number)
      DEFERRABLE INITIALLY DEFERRED);
  INSERT INTO holdfast.migrations
         SELECT number, name, checksum, 1, now(), now(), now(), false FROM jsonb_to_recordset($$FILES$$)
             AS f (number int, name text, checksum text)`

describe('a history that the first version of the runner made', () => {
  test('is read as it is, and gets what it lacks when a file is applied', async () => {
    const pool = await emptyDatabase()
    const made = await emptyDatabase()
    await migrate(made, { directory: await folderWith(one) })
    const { rows } = await made.query('SELECT number, name, checksum FROM holdfast.migrations')
    await pool.query(`CREATE TABLE one (); ${FIRST_HISTORY.replace('FILES', JSON.stringify(rows))}`)
    const columns =
      "SELECT count(*)::int AS n FROM pg_attribute WHERE attrelid = 'holdfast.migrations'::regclass"
    const before = (await pool.query(columns)).rows

    const directory = await folderWith(two)
    const inspection = await inspectMigrations(pool, { directory })
    expect(inspection.migrations.map(({ file, state }) => `${file} ${state}`)).toEqual([
      '0001_one.sql applied',
      '0002_two.sql pending',
    ])
    expect(inspection).toMatchObject({ problems: [], fingerprint: { state: 'unknown' } })
    expect(await migrate(pool, { directory: await folderWith(one) })).toEqual({ applied: [], total: 1 })
    expect((await pool.query(columns)).rows).toEqual(before)

    expect((await migrate(pool, { directory })).applied).toEqual(['0002_two.sql'])
    expect((await inspectMigrations(pool, { directory })).fingerprint).toMatchObject({ state: 'equal' })
    expect(await finishedFiles(pool)).toEqual(['0001_one.sql', '0002_two.sql'])
    // What the first version knew of its files was not whether they break anybody.
    await expect(migrate(pool, { directory: await folderWith({ '0000_x.sql': '' }) })).rejects.toThrow(
      /0000_x/,
    )
  })
})

describe('code that is older than the schema', () => {
  test('works on when what came after it does not break it, and is told', async () => {
    const pool = await emptyDatabase()
    await migrate(pool, { directory: await folderWith(two) })
    const older = await folderWith(one)
    expect(await migrate(pool, { directory: older })).toEqual({
      applied: [],
      total: 1,
      newer: ['0002_two.sql'],
    })
    const { problems, migrations } = await inspectMigrations(pool, { directory: older })
    expect(problems).toEqual([])
    expect(migrations.map(({ state }) => state)).toEqual(['applied', 'newer'])
  })

  test('refuses it when a later file says that it is breaking', async () => {
    const pool = await emptyDatabase()
    const breaking = { ...one, '0002_two.sql': '--! breaking\nALTER TABLE one RENAME TO uno;' }
    await migrate(pool, { directory: await folderWith(breaking) })
    const older = await folderWith(one)
    await expect(migrate(pool, { directory: older })).rejects.toThrow(
      /^0002_two\.sql: was applied by newer code than this, and says that it breaks older code\./,
    )
    const { problems } = await inspectMigrations(pool, { directory: older })
    expect(problems).toMatchObject([{ kind: 'newer', file: '0002_two.sql' }])
  })
})
