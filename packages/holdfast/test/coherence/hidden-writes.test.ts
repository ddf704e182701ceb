import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const SCHEMA = `
  CREATE TABLE parents (id int PRIMARY KEY, code text UNIQUE);
  CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE, n int DEFAULT 0);
  CREATE TABLE weak (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE SET NULL ON UPDATE CASCADE);
  CREATE TABLE totals (parent int PRIMARY KEY, n int NOT NULL);
  CREATE TABLE hidden (id int PRIMARY KEY);

  CREATE FUNCTION count_children() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE totals SET n = n + 1 WHERE parent = new.parent; RETURN NULL; END $$;
  CREATE TRIGGER counts AFTER INSERT ON children FOR EACH ROW EXECUTE FUNCTION count_children();

  CREATE FUNCTION touch_sibling() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE children SET n = n + 100 WHERE id = new.id + 1; RETURN NULL; END $$;
  CREATE TRIGGER siblings AFTER UPDATE ON children FOR EACH ROW WHEN (new.n = 50) EXECUTE FUNCTION touch_sibling();

  CREATE FUNCTION move_to_other() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN new.parent := 2; RETURN new; END $$;
  CREATE TRIGGER moves BEFORE UPDATE ON children FOR EACH ROW WHEN (new.n = 60) EXECUTE FUNCTION move_to_other();

  CREATE FUNCTION write_late() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE totals SET n = n + 10; RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER late AFTER INSERT ON hidden DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION write_late();

  CREATE FUNCTION write_at_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO children VALUES (90, 1); RETURN NULL; END $$;
  CREATE TRIGGER statement AFTER DELETE ON hidden FOR EACH STATEMENT EXECUTE FUNCTION write_at_once();

  CREATE FUNCTION empty_totals() RETURNS void LANGUAGE sql AS 'TRUNCATE totals';
  CREATE FUNCTION note(which int) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN UPDATE totals SET n = n + 1 WHERE parent = which; RETURN which; END $$;
  CREATE VIEW noted AS SELECT note(id) AS id FROM parents;
  CREATE VIEW plain AS SELECT id, parent, n FROM children;
  CREATE TABLE defaults (id int PRIMARY KEY, noted int DEFAULT note(1));
  CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
  CREATE FUNCTION note_both(a text, b text) RETURNS boolean LANGUAGE sql AS 'SELECT note(1) > 0';
  CREATE OPERATOR ~~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = note_both);
  CREATE RULE redirected AS ON INSERT TO hidden WHERE new.id = 77 DO ALSO UPDATE totals SET n = 77;`

const PARENTS: Read = ['SELECT * FROM parents ORDER BY id']
const CHILD: Read = ['SELECT * FROM children WHERE id = $1', 11]
const NEXT: Read = ['SELECT * FROM children WHERE id = $1', 12]
const OF_ONE: Read = ['SELECT id, n FROM children WHERE parent = $1 ORDER BY id', 1]
const OF_TWO: Read = ['SELECT id, n FROM children WHERE parent = $1 ORDER BY id', 2]
const WEAK: Read = ['SELECT * FROM weak WHERE parent = $1', 1]
const TOTAL: Read = ['SELECT n FROM totals WHERE parent = $1', 1]
const TOTALS: Read = ['SELECT * FROM totals ORDER BY parent']
const READS = [PARENTS, CHILD, NEXT, OF_ONE, OF_TWO, WEAK, TOTAL, TOTALS]

let world: World

beforeAll(async () => {
  const tables = { parents: '1h', children: '1h', weak: '1h', totals: '1h' }
  world = await openWorld({ schema: SCHEMA, cache: { tables } })
})
beforeEach(async () => {
  await world.outside.query(`
    SET session_replication_role = replica;
    DELETE FROM parents; DELETE FROM children; DELETE FROM weak; DELETE FROM totals; DELETE FROM hidden; DELETE FROM defaults;
    INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c');
    INSERT INTO children VALUES (11, 1), (12, 1), (21, 2);
    INSERT INTO weak VALUES (1, 1);
    INSERT INTO totals VALUES (1, 0), (2, 0);
    INSERT INTO hidden VALUES (1);
    RESET session_replication_role`)
  await world.pool.cache.invalidate({ tables: ['parents', 'children', 'weak', 'totals'] })
})
afterAll(() => world.close())

/** Writes whose text does not say what they change; what is read changes in each case. */
const HIDDEN: readonly (readonly [title: string, text: string, ...values: unknown[]])[] = [
  ['a cascade of a DELETE', 'DELETE FROM parents WHERE id = $1', 1],
  ['a cascade of an UPDATE', 'UPDATE parents SET id = 9 WHERE id = 1'],
  ['an AFTER trigger that writes another table', 'INSERT INTO children VALUES (13, 1)'],
  ['an AFTER trigger that writes other rows of the same table', 'UPDATE children SET n = 50 WHERE id = 11'],
  ['a BEFORE trigger that changes the written row', 'UPDATE children SET n = 60 WHERE id = 11'],
  ['a trigger of a table that is not cached', 'DELETE FROM hidden WHERE id = 1'],
  ['a deferred trigger, which writes at the COMMIT', 'INSERT INTO hidden VALUES (2)'],
  ['a rule', 'INSERT INTO hidden VALUES (77)'],
  ['a function', 'SELECT note(1)'],
  ['a function that empties a table', 'SELECT empty_totals()'],
  ['a function within a view', 'SELECT * FROM noted'],
  ['a function within a default', 'INSERT INTO defaults VALUES (1)'],
  ['a function behind an operator', "SELECT 'a' ~~~ 'b'"],
  ['a view that can be written', 'UPDATE plain SET n = 5 WHERE id = 11'],
  ['TRUNCATE … CASCADE', 'TRUNCATE parents CASCADE'],
]

describe('A write that its text does not show is seen in the next read', () => {
  test.each(HIDDEN)('%s', async (_, text, ...values) => {
    await world.expectSeen(() => world.pool.query(String(text), values), ...READS)
  })

  test.each(HIDDEN)('%s, in a transaction after a write that is known', async (_, text, ...values) => {
    await world.expectSeen(
      () =>
        world.pool.transaction(async tx => {
          await tx.query("UPDATE parents SET code = 'z' WHERE id = 3")
          await tx.query('INSERT INTO children VALUES (31, 3)')
          await tx.query(String(text), values)
        }),
      ...READS,
    )
  })

  test('what a deferred trigger refuses at the COMMIT is refused as before, and undone', async () => {
    await world.outside.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'never' USING ERRCODE = '23514'; END $$;
      CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON weak DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse()`)
    await world.keep(WEAK)
    await expect(world.pool.query('INSERT INTO weak VALUES (2, 1)')).rejects.toMatchObject({ code: '23514' })
    const inTransaction = world.pool.transaction(tx => tx.query('INSERT INTO weak VALUES (2, 1)'))
    await expect(inTransaction).rejects.toMatchObject({ code: '23514' })
    expect(await world.statusOf(...WEAK)).toBe('hit')
    await world.expectCurrent(...READS)
  })
})
