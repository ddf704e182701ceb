import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { MigrationError, MigrationFileError, migrate } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { emptyDatabase, finishedFiles, folderWith, tablesOf, write } from './migration-folder.js'

const notes = { '0001_notes.sql': 'CREATE TABLE notes (id int);' }

test('files are applied once, in the order of their numbers, and remembered', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith({
    '0010_fill.sql': 'INSERT INTO notes VALUES (1);',
    ...notes,
    'README.md': '',
  })
  expect(await migrate(pool, { directory })).toEqual({
    applied: ['0001_notes.sql', '0010_fill.sql'],
    total: 2,
  })
  expect(await migrate(pool, { directory })).toEqual({ applied: [], total: 2 })
  expect((await pool.query('SELECT id FROM notes')).rows).toEqual([{ id: 1 }])
})

test('a file of many statements reaches the server whole, dollar quotes and semicolons included', async () => {
  const pool = await emptyDatabase()
  const body = "BEGIN RETURN 'a;b'; END; /* ; */"
  const directory = await folderWith({
    '0001_function.sql': `CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $x$ ${body} $x$; -- ;\nCREATE TABLE t ();`,
  })
  await migrate(pool, { directory })
  expect((await pool.query('SELECT f()')).rows).toEqual([{ f: 'a;b' }])
  expect(await tablesOf(pool)).toEqual(['t'])
})

test('two histories keep out of each other’s way', async () => {
  const pool = await emptyDatabase()
  const [one, two] = [
    await folderWith(notes),
    await folderWith({ '0001_other.sql': 'CREATE TABLE other ()' }),
  ]
  await Promise.all([
    migrate(pool, { directory: one, table: 'Ledger.one' }),
    migrate(pool, { directory: two, table: 'Ledger.two' }),
  ])
  expect(await finishedFiles(pool, '"Ledger".one')).toEqual(['0001_notes.sql'])
  expect(await finishedFiles(pool, '"Ledger".two')).toEqual(['0001_other.sql'])
})

test('settings that a file changes reach neither the next file nor the pool', async () => {
  const pool = await emptyDatabase({ max: 1 })
  const directory = await folderWith({
    '0001_path.sql': "CREATE SCHEMA elsewhere; SET search_path = elsewhere; SET work_mem = '123MB';",
    '0002_table.sql': 'CREATE TABLE here ();',
  })
  await migrate(pool, { directory })
  expect(await tablesOf(pool)).toEqual(['here'])
  expect((await pool.query('SHOW work_mem')).rows).not.toEqual([{ work_mem: '123MB' }])
})

test('a file may take longer than the time that the pool gives a query', async () => {
  const pool = await emptyDatabase({ query_timeout: 1_000, statement_timeout: 1_000 })
  const directory = await folderWith({
    '0001_slow.sql': 'SELECT pg_sleep(1.5); CREATE TABLE slow ();',
    '0002_slow_alone.sql': '--! no-transaction\nSELECT pg_sleep(1.5)',
  })
  await migrate(pool, { directory })
  expect(await finishedFiles(pool)).toEqual(['0001_slow.sql', '0002_slow_alone.sql'])
})

test('progress is told step by step', async () => {
  const pool = await emptyDatabase()
  const seen: string[] = []
  await migrate(pool, {
    directory: await folderWith({ ...notes, '0002_more.sql': 'CREATE TABLE more ()' }),
    onProgress: step => seen.push(`${step.state} ${'file' in step ? step.file : step.reason}`),
  })
  expect(seen).toEqual([
    'started 0001_notes.sql',
    'applied 0001_notes.sql',
    'started 0002_more.sql',
    'applied 0002_more.sql',
  ])
})

describe('a run that fails', () => {
  test('names file, line, column and SQLSTATE, keeps the files before it and nothing of its own', async () => {
    const pool = await emptyDatabase()
    const broken = "CREATE TABLE half ();\n-- ✓ 😀\n  INSERT INTO notes VALUES ('😀', missing);\n"
    const directory = await folderWith({
      ...notes,
      '0002_broken.sql': broken,
      '0003_later.sql': 'CREATE TABLE x ()',
    })
    const error = await migrate(pool, { directory }).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(MigrationFileError)
    expect(error).toBeInstanceOf(MigrationError)
    expect(error).toMatchObject({
      code: 'HOLDFAST_MIGRATION',
      file: '0002_broken.sql',
      sqlState: '42703',
      line: 3,
      column: 34,
      message:
        '0002_broken.sql, line 3, column 34: column "missing" does not exist (SQLSTATE 42703). Nothing of the file was applied.',
    })
    expect(await tablesOf(pool)).toEqual(['notes'])
    expect(await finishedFiles(pool)).toEqual(['0001_notes.sql'])
  })

  test('goes on where it stopped once the file is mended', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ ...notes, '0002_more.sql': 'CREATE TABEL more ()' })
    await expect(migrate(pool, { directory })).rejects.toThrow(
      /^0002_more\.sql, line 1, column 8: syntax error/,
    )
    await write(directory, { '0002_more.sql': 'CREATE TABLE more ()' })
    expect((await migrate(pool, { directory })).applied).toEqual(['0002_more.sql'])
  })

  test("leaves nothing at all with transaction: 'all'", async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ ...notes, '0002_broken.sql': 'SELECT 1/0' })
    await expect(migrate(pool, { directory, transaction: 'all' })).rejects.toMatchObject({
      sqlState: '22012',
    })
    expect(await tablesOf(pool)).toEqual([])
    await write(directory, { '0002_broken.sql': 'SELECT 1' })
    const { applied } = await migrate(pool, { directory, transaction: 'all' })
    expect(applied).toEqual(['0001_notes.sql', '0002_broken.sql'])
  })

  test('because of a COMMIT inside a file leaves nothing of the file', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ '0001_commit.sql': 'CREATE TABLE a (); COMMIT; CREATE TABLE b ();' })
    await expect(migrate(pool, { directory })).rejects.toThrow(/^0001_commit\.sql: contains COMMIT/)
    expect(await tablesOf(pool)).toEqual([])
  })

  test('because of a ROLLBACK inside a file says so', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ ...notes, '0002_rollback.sql': 'CREATE TABLE a (); ROLLBACK;' })
    await expect(migrate(pool, { directory })).rejects.toThrow(/^0002_rollback\.sql: ends the transaction/)
    expect(await finishedFiles(pool)).toEqual(['0001_notes.sql'])
  })

  test('because its connection was killed in the middle of a file leaves nothing half-applied', async () => {
    const pool = await emptyDatabase()
    const suicide = 'SELECT pg_terminate_backend(pg_backend_pid());'
    const directory = await folderWith({
      ...notes,
      '0002_half.sql': `CREATE TABLE half (); ${suicide} SELECT 1;`,
    })
    await expect(migrate(pool, { directory })).rejects.toThrow(/^0002_half\.sql/)
    expect(await tablesOf(pool)).toEqual(['notes'])
    await write(directory, { '0002_half.sql': 'CREATE TABLE half ();' })
    expect((await migrate(pool, { directory })).applied).toEqual(['0002_half.sql'])
  })
})

describe('a folder that does not fit the database is refused before anything runs:', () => {
  test('a changed file', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith(notes)
    await migrate(pool, { directory })
    await write(directory, {
      '0001_notes.sql': 'CREATE TABLE notes (id bigint);',
      '0002_x.sql': 'CREATE TABLE x ()',
    })
    await expect(migrate(pool, { directory })).rejects.toThrow(/^0001_notes\.sql: was changed after/)
    expect(await tablesOf(pool)).toEqual(['notes'])
  })

  test('but the same file with other line ends is the same file', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ '0001_a.sql': 'SELECT 1;\nSELECT 2;\n' })
    await migrate(pool, { directory })
    await write(directory, { '0001_a.sql': '\uFEFFSELECT 1;\r\nSELECT 2;\r\n' })
    expect((await migrate(pool, { directory })).applied).toEqual([])
  })

  test('a missing file', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ ...notes, '0002_x.sql': 'CREATE TABLE x ()' })
    await migrate(pool, { directory })
    await unlink(join(directory, '0001_notes.sql'))
    await expect(migrate(pool, { directory })).rejects.toThrow(/^0001_notes\.sql: was applied/)
  })

  test('a new file between applied ones', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({ ...notes, '0005_x.sql': 'CREATE TABLE x ()' })
    await migrate(pool, { directory })
    await write(directory, { '0003_late.sql': 'CREATE TABLE late ()' })
    await expect(migrate(pool, { directory })).rejects.toThrow(/^0003_late\.sql: is new, but 0005_x\.sql/)
  })

  test.each([
    ['an empty folder', {}, /No migrations in/],
    ['a wrong name', { ...notes, '2_x.sql': 'SELECT 1' }, /^2_x\.sql: expected a name/],
    [
      'a number used twice',
      { ...notes, '0001_x.sql': 'SELECT 1' },
      /^0001_x\.sql: has the same number as 0001_notes/,
    ],
    [
      'a NUL character',
      { '0001_nul.sql': 'SELECT 1;\0SELECT 2' },
      /^0001_nul\.sql, line 1, column 10: a NUL/,
    ],
  ])('%s', async (_, files, message) => {
    const pool = await emptyDatabase()
    const attempt = migrate(pool, { directory: await folderWith(files) })
    await expect(attempt).rejects.toBeInstanceOf(MigrationError)
    await expect(attempt).rejects.toThrow(message)
    expect((await pool.query("SELECT to_regnamespace('holdfast') AS found")).rows).toEqual([{ found: null }])
  })

  test('a folder that is not there', async () => {
    const pool = await emptyDatabase()
    await expect(migrate(pool, { directory: '/does/not/exist' })).rejects.toThrow(
      /"\/does\/not\/exist" cannot be read/,
    )
  })
})
