import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let pool: Pool

beforeAll(async () => {
  const { url } = await temporaryDatabase()
  pool = new Pool({ connectionString: url, max: 2, cache: { tables: { kept: '5m' } } })
  await pool.query(`
    CREATE TABLE kept (id int PRIMARY KEY, n int);
    CREATE TABLE plain (id int PRIMARY KEY);
    CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE between (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE);
    ALTER TABLE kept ADD parent int REFERENCES between ON DELETE SET NULL;
    CREATE TABLE watched (id int);
    CREATE FUNCTION count_up() RETURNS int LANGUAGE sql AS 'UPDATE kept SET n = n + 1; SELECT 1';
    CREATE FUNCTION on_watched() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN UPDATE kept SET n = n + 1; RETURN NEW; END';
    CREATE TRIGGER watch AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION on_watched();
    CREATE TABLE defaulted (id int, n int DEFAULT count_up());
    INSERT INTO parent VALUES (1), (2); INSERT INTO between VALUES (1, 1); INSERT INTO kept VALUES (1, 0, 1)`)
})
afterAll(() => pool.end())

const kinds = async (text: string) => (await pool.cache.explain(text)).kind

describe('A write to a table that is not cached (H12)', () => {
  test('is sent as it is when it can change nothing else', async () => {
    expect(await kinds('INSERT INTO plain VALUES (1)')).toBe('session')
    expect(await kinds('UPDATE plain SET id = 2 WHERE id = $1')).toBe('session')
    expect(await kinds('DELETE FROM plain USING parent WHERE plain.id = parent.id')).toBe('session')
  })

  test.each([
    ['by a trigger', 'INSERT INTO watched VALUES (1)'],
    ['by a default', 'INSERT INTO defaulted (id) VALUES (1)'],
    ['by a function in it', 'INSERT INTO plain SELECT count_up() + 10'],
    ['by foreign keys, one after the other', 'DELETE FROM parent WHERE id = 1'],
  ])('is watched when it may change a cached one: %s', async (_, text) => {
    expect(await kinds(text)).toBe('write')
    const read = () => pool.query('SELECT n, parent FROM kept WHERE id = 1')
    const { rows: before } = await read()
    await pool.query(text)
    const after = await read()
    expect(after.rows).not.toEqual(before)
  })

  test('is watched from the change of definitions on that lets it change a cached one', async () => {
    await pool.query('CREATE TRIGGER watch AFTER INSERT ON plain FOR EACH ROW EXECUTE FUNCTION on_watched()')
    expect(await kinds('INSERT INTO plain VALUES (5)')).toBe('write')
  })
})
