import {
  baselineMigrations,
  catalogFingerprint,
  findMigrationHistories,
  inspectMigrations,
  migrate,
  OptionsError,
  repairMigrations,
} from 'holdfast'
import { describe, expect, test } from 'vitest'
import { emptyDatabase, finishedFiles, folderWith, tablesOf, write } from './migration-folder.js'

const files = {
  '0001_notes.sql': 'CREATE TABLE notes (id int PRIMARY KEY, text text);',
  '0003_more.sql': 'CREATE TABLE more (id int);',
}

describe('inspecting', () => {
  test('a database without a history changes nothing and calls every file pending', async () => {
    const pool = await emptyDatabase()
    const inspection = await inspectMigrations(pool, { directory: await folderWith(files) })
    expect(inspection).toMatchObject({ exists: false, problems: [], fingerprint: { state: 'unknown' } })
    expect(inspection.migrations.map(({ state }) => state)).toEqual(['pending', 'pending'])
    expect((await pool.query("SELECT to_regnamespace('holdfast') AS found")).rows).toEqual([{ found: null }])
  })

  test('tells every way in which folder and history do not fit, each with a remedy', async () => {
    const pool = await emptyDatabase()
    const applied = {
      ...files,
      '0004_gone.sql': 'SELECT 1',
      '0005_old-name.sql': 'SELECT 2',
      '0006_last.sql': 'SELECT 3',
    }
    await migrate(pool, { directory: await folderWith(applied) })
    const directory = await folderWith({
      '0001_notes.sql': 'CREATE TABLE notes (id bigint PRIMARY KEY, text text);',
      '0002_late.sql': 'SELECT 4',
      '0003_more.sql': files['0003_more.sql'],
      '0005_new-name.sql': 'SELECT 2',
      '0006_last.sql': 'SELECT 3',
    })
    const { problems } = await inspectMigrations(pool, { directory })
    expect(problems.map(({ kind, file }) => `${kind} ${file}`)).toEqual([
      'changed 0001_notes.sql',
      'missing 0004_gone.sql',
      'renamed 0005_new-name.sql',
      'out-of-order 0002_late.sql',
    ])
    expect(problems.every(({ message, remedy }) => message.length > 20 && remedy.length > 20)).toBe(true)
    // The doctor knows no folder: what the database says of itself is well.
    expect((await inspectMigrations(pool)).problems).toEqual([])
  })

  test('an attempt that failed or was cut off is told, with or without the folder', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ ...files, '0004_fails.sql': '--! no-transaction\nSELECT 1/0' })
    await expect(migrate(pool, { directory })).rejects.toMatchObject({ sqlState: '22012' })
    expect((await inspectMigrations(pool)).problems).toMatchObject([
      { kind: 'failed', file: '0004_fails.sql', message: expect.stringContaining('22012') },
    ])
    await pool.query('UPDATE holdfast.migrations SET failed_at = NULL WHERE number = 4')
    expect((await inspectMigrations(pool, { directory })).problems).toMatchObject([
      { kind: 'unfinished', file: '0004_fails.sql' },
    ])
  })

  test('works inside a read-only transaction of the caller’s and leaves it as it was', async () => {
    const pool = await emptyDatabase()
    await migrate(pool, { directory: await folderWith(files) })
    const client = await pool.connect()
    try {
      await client.query('BEGIN READ ONLY; SET LOCAL search_path = pg_temp')
      expect(await inspectMigrations(client)).toMatchObject({ problems: [], fingerprint: { state: 'equal' } })
      expect(await findMigrationHistories(client)).toEqual(['holdfast.migrations'])
      expect((await client.query('SHOW search_path')).rows).toEqual([{ search_path: 'pg_temp' }])
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  })
})

describe('the fingerprint', () => {
  test('finds what anybody changes, by kind and name, and nothing else', async () => {
    const pool = await emptyDatabase()
    await pool.query('CREATE TABLE grown (a int, b int) PARTITION BY RANGE (a)')
    await migrate(pool, { directory: await folderWith(files) })
    const drift = async () => (await inspectMigrations(pool)).fingerprint.drift
    // Rows, statistics, partitions and other sessions' temporary tables are no definitions.
    await pool.query(`INSERT INTO notes VALUES (1, 'x'); ANALYZE notes; CREATE TEMP TABLE t (x int);
                      CREATE TABLE part PARTITION OF grown DEFAULT`)
    expect(await drift()).toBeUndefined()
    await pool.query(`
      ALTER TABLE notes ADD extra int DEFAULT 7, ALTER COLUMN text SET NOT NULL;
      ALTER TABLE notes ADD CONSTRAINT chk CHECK (id > 0) NOT VALID;
      CREATE INDEX idx ON notes (text);
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER trg BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION f();
      CREATE POLICY pol ON notes USING (true);
      ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
      CREATE VIEW v AS SELECT id FROM notes;
      CREATE TYPE mood AS ENUM ('a');
      GRANT SELECT ON more TO PUBLIC;
      GRANT UPDATE (text) ON notes TO PUBLIC;
      DROP TABLE part`)
    expect(await drift()).toEqual({
      added: [
        'column public.notes.extra',
        'column public.v.id',
        'constraint public.notes.chk',
        'function public.f()',
        'grant column public.notes.text',
        'grant function public.f()',
        'grant table public.v',
        'index public.notes.idx',
        'policy public.notes.pol',
        'table public.v',
        'trigger public.notes.trg',
        'type public.mood',
      ],
      removed: [],
      changed: expect.arrayContaining([
        'column public.notes.text',
        'grant table public.more',
        'table public.notes',
      ]),
    })
    await pool.query('ALTER TABLE notes VALIDATE CONSTRAINT chk; DROP TABLE more')
    expect((await drift())?.removed).toContain('table public.more')
  })

  test('is the same for a new table and for one that has grown into it', async () => {
    const [grown, made] = [await emptyDatabase(), await emptyDatabase()]
    await grown.query('CREATE TABLE t (b text); ALTER TABLE t ADD dropped int; ALTER TABLE t DROP dropped')
    await grown.query('ALTER TABLE t ADD a int NOT NULL DEFAULT 1; CREATE INDEX i ON t (a)')
    await made.query('CREATE TABLE t (a int NOT NULL DEFAULT 1, b text); CREATE INDEX i ON t (a)')
    const [first, second] = [await catalogFingerprint(grown), await catalogFingerprint(made)]
    expect(first).toEqual(second)
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  test('of two histories that share a schema, the newest one counts', async () => {
    const pool = await emptyDatabase()
    await migrate(pool, { directory: await folderWith(files) })
    await migrate(pool, {
      directory: await folderWith({ '0001_x.sql': 'CREATE TABLE x ()' }),
      table: 'public.other',
    })
    expect(await findMigrationHistories(pool)).toEqual(['holdfast.migrations', 'public.other'])
    for (const table of ['holdfast.migrations', 'public.other']) {
      expect(await inspectMigrations(pool, { table })).toMatchObject({
        problems: [],
        fingerprint: { state: 'equal' },
      })
    }
  })

  test('that another major version of PostgreSQL has stored says nothing', async () => {
    const pool = await emptyDatabase()
    await migrate(pool, { directory: await folderWith(files) })
    await pool.query(
      `UPDATE holdfast.migrations SET catalog = catalog || '{"version": 12}' WHERE catalog IS NOT NULL`,
    )
    await pool.query('CREATE TABLE later ()')
    expect(await inspectMigrations(pool)).toMatchObject({ problems: [], fingerprint: { state: 'unknown' } })
  })

  test('that a run which was cut off did not store is stored by the next one', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith(files)
    await migrate(pool, { directory })
    await pool.query('UPDATE holdfast.migrations SET fingerprint = NULL, catalog = NULL')
    await migrate(pool, { directory })
    expect((await inspectMigrations(pool)).fingerprint).toMatchObject({
      state: 'equal',
      file: '0003_more.sql',
    })
  })
})

describe('repairing', () => {
  test('accepts what a person has decided on, one kind or all, and only tells with dryRun', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith(files)
    await migrate(pool, { directory })
    await write(directory, {
      '0001_notes.sql': '-- now with a comment\nCREATE TABLE notes (id int PRIMARY KEY, text text);',
    })
    await pool.query('CREATE TABLE by_hand ()')
    const kinds = async (dryRun: boolean, only?: readonly ('drift' | 'changed')[]) => {
      const { actions } = await repairMigrations(pool, { directory, dryRun, ...(only && { only }) })
      return actions.map(({ kind }) => kind)
    }
    expect(await kinds(true)).toEqual(['changed', 'drift'])
    expect(await kinds(false, ['drift'])).toEqual(['drift'])
    expect(await kinds(false)).toEqual(['changed'])
    expect(await kinds(false)).toEqual([])
    expect(await inspectMigrations(pool, { directory })).toMatchObject({
      problems: [],
      fingerprint: { state: 'equal' },
    })
    expect((await migrate(pool, { directory })).applied).toEqual([])
  })

  test('forgets a failed attempt and drops the invalid index that it left', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({
      '0001_twins.sql': 'CREATE TABLE twins (id int); INSERT INTO twins VALUES (1), (1);',
      '0002_unique.sql': '--! no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY ON twins (id)',
    })
    await expect(migrate(pool, { directory })).rejects.toMatchObject({ sqlState: '23505' })
    const { actions } = await repairMigrations(pool, { directory })
    expect(actions).toMatchObject([{ kind: 'failed', file: '0002_unique.sql' }])
    expect((await pool.query('SELECT FROM pg_index WHERE NOT indisvalid')).rows).toEqual([])
    expect((await inspectMigrations(pool, { directory })).problems).toEqual([])
  })

  test('refuses a kind that cannot be repaired, something else than a list, and an unknown option', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith(files)
    for (const wrong of [{ only: ['missing'] }, { only: 'drift' }, { unknown: 1 }]) {
      const options = { directory, ...wrong } as Parameters<typeof repairMigrations>[1]
      await expect(repairMigrations(pool, options)).rejects.toBeInstanceOf(OptionsError)
    }
  })
})

describe('a baseline', () => {
  test('records files without running them, and what follows is applied', async () => {
    const pool = await emptyDatabase()
    await pool.query('CREATE TABLE notes (id int PRIMARY KEY, text text)')
    const directory = await folderWith(files)
    expect(await baselineMigrations(pool, { directory, to: 1 })).toEqual({ recorded: ['0001_notes.sql'] })
    expect(await baselineMigrations(pool, { directory, to: 1 })).toEqual({ recorded: [] })
    expect((await inspectMigrations(pool, { directory })).migrations).toMatchObject([
      { state: 'baseline', millis: null },
      { state: 'pending' },
    ])
    expect((await migrate(pool, { directory })).applied).toEqual(['0003_more.sql'])
    expect(await tablesOf(pool)).toEqual(['more', 'notes'])
  })

  test('to a number that no file has, or against another history, is refused and records nothing', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith(files)
    await expect(baselineMigrations(pool, { directory, to: 2 })).rejects.toThrow(/no migration of number 2/)
    await expect(baselineMigrations(pool, { directory, to: Number.NaN })).rejects.toThrow(
      /no migration of that number/,
    )
    await migrate(pool, { directory: await folderWith({ '0001_other.sql': 'SELECT 1' }) })
    await expect(baselineMigrations(pool, { directory, to: 3 })).rejects.toThrow(
      /^0001_notes\.sql: .*another name/,
    )
    expect(await finishedFiles(pool)).toEqual(['0001_other.sql'])
  })
})
