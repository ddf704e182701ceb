import { migrate, Pool, traceMigrations } from 'holdfast'
import { describe, expect, test } from 'vitest'
import { emptyDatabase, finishedFiles, folderWith, tablesOf } from './migration-folder.js'

const before = {
  '0001_shop.sql': `CREATE TABLE shop (id int PRIMARY KEY, name varchar(5)); CREATE TABLE orders (shop_id int);
                    INSERT INTO shop VALUES (1, 'a'); INSERT INTO orders VALUES (1); ANALYZE shop;`,
}

/** The shadows of this file: others have theirs on the same server. */
const opened: string[] = []

function traced(pool: Pool & { url: string }, directory: string) {
  const openDatabase = (name: string) => {
    opened.push(name)
    return new Pool({ connectionString: pool.url.replace(/\/[^/]*$/, `/${name}`), max: 2 })
  }
  return traceMigrations(pool, { directory, openDatabase })
}

async function shadows(pool: Pool): Promise<unknown[]> {
  expect(opened).not.toEqual([])
  return (await pool.query('SELECT datname FROM pg_database WHERE datname = ANY ($1)', [opened])).rows
}

describe('tracing', () => {
  test('tells the locks of each statement of the pending files, warns of tables with rows, and changes nothing', async () => {
    const pool = await emptyDatabase()
    await migrate(pool, { directory: await folderWith(before) })
    const directory = await folderWith({
      ...before,
      '0002_fk.sql': `-- ✓ a comment; with a semicolon
ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (shop_id) REFERENCES shop (id) NOT VALID;
SET LOCAL work_mem = '5MB'; SELECT 'a;b' AS text;`,
      '0003_alone.sql': '--! no-transaction\nCREATE INDEX CONCURRENTLY ON orders (shop_id)',
      '0004_rewrite.sql': `CREATE TABLE fresh (x int);
ALTER TABLE shop ALTER COLUMN name TYPE int USING 1;
ALTER TABLE fresh ADD y int;`,
      '0005_vacuum.sql': '--! no-transaction\nVACUUM FULL orders',
    })
    const { files, warnings } = await traced(pool, directory)
    const lines = files.flatMap(({ file, statements }) =>
      statements.map(({ line, locks }) => {
        const strong = locks.filter(({ blocks }) => blocks !== 'nothing of note')
        return [
          `${file}:${line}`,
          ...strong.map(lock => `${lock.mode} ${lock.relation}${lock.rewrites ? ' rewritten' : ''}`),
        ]
      }),
    )
    expect(lines).toEqual([
      ['0002_fk.sql:2', 'SHARE ROW EXCLUSIVE public.orders', 'SHARE ROW EXCLUSIVE public.shop'],
      ['0002_fk.sql:3'],
      ['0002_fk.sql:3'],
      ['0003_alone.sql:2', 'SHARE UPDATE EXCLUSIVE public.orders'],
      ['0004_rewrite.sql:1'],
      expect.arrayContaining(['0004_rewrite.sql:2', 'ACCESS EXCLUSIVE public.shop rewritten']),
      ['0004_rewrite.sql:3'],
      ['0005_vacuum.sql:2', 'ACCESS EXCLUSIVE public.orders'],
    ])
    expect(warnings).toMatchObject([
      { file: '0004_rewrite.sql', line: 2, relation: 'public.shop', rows: 1 },
      { file: '0005_vacuum.sql', line: 2, relation: 'public.orders', rows: null },
    ])
    expect(warnings[0]?.message).toMatch(
      /ACCESS EXCLUSIVE on public\.shop, which has about 1 rows.*written anew/,
    )
    expect(await finishedFiles(pool)).toEqual(['0001_shop.sql'])
    expect(await tablesOf(pool)).toEqual(['orders', 'shop'])
    expect(await shadows(pool)).toEqual([])
  })

  test('a file that fails in the shadow is named with its place there, and the shadow is dropped', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith({
      ...before,
      '0002_x.sql': "SELECT '😀';\nSELECT 1;\n  SELECT missing;",
    })
    await expect(traced(pool, directory)).rejects.toMatchObject({
      file: '0002_x.sql',
      line: 3,
      column: 10,
      sqlState: '42703',
      message: expect.stringContaining('This was in the shadow database; nothing else was touched.'),
    })
    expect(await shadows(pool)).toEqual([])
    expect(await tablesOf(pool)).toEqual([])
  })

  test('with nothing pending creates no shadow', async () => {
    const pool = await emptyDatabase()
    const directory = await folderWith(before)
    await migrate(pool, { directory })
    const openDatabase = () => {
      throw new Error('opened')
    }
    expect(await traceMigrations(pool, { directory, openDatabase })).toEqual({ files: [], warnings: [] })
  })
})
