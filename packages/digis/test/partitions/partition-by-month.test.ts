import { type Digis, partitionByMonth, reconcileCreatorDays } from '@holdfast/digis'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newCreator, newDigis, newFan, newSession, only, wrong } from '../new-digis.js'
import { partitionEverything } from './partitioned-tables.js'

const ALL_DEFINITIONS = `
  SELECT 'column ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || attidentity::text
         || coalesce(pg_get_expr(adbin, adrelid), '') AS definition
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE attrelid = $1::text::regclass AND attnum > 0
  UNION ALL
  SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
   WHERE conrelid = $1::text::regclass AND contype IN ('c', 'f')
  UNION ALL
  SELECT 'index ' || replace(indexdef, 'ON ONLY', 'ON') FROM pg_indexes WHERE tablename = $1::text AND indexname !~ '_(pkey|key)$'
  UNION ALL
  SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger
   WHERE tgrelid = $1::text::regclass AND NOT tgisinternal AND tgname !~ '^(check|guard|empty)_'
  UNION ALL
  SELECT 'policy ' || concat_ws(' ', policyname, permissive, roles, cmd, qual, with_check) FROM pg_policies
   WHERE tablename = $1::text
  UNION ALL
  SELECT 'table ' || concat_ws(' ', relowner::regrole, relacl, relrowsecurity, relforcerowsecurity) FROM pg_class
   WHERE oid = $1::text::regclass
   ORDER BY 1`

async function definitionsOf(digis: Digis, table: string): Promise<string[]> {
  return (await digis.query(ALL_DEFINITIONS, [table])).rows.map(row => row.definition)
}

/** Sessions with payments over three months, half of them under way. */
async function encounters(digis: Digis, count = 300): Promise<{ creator: number; fan: number }> {
  const [creator, fan] = [(await newCreator(digis)).id, (await newFan(digis)).id]
  await digis.query(
    `INSERT INTO sessions (creator_id, fan_id, start_time, end_time)
     SELECT $1, $2, start, CASE i % 2 WHEN 0 THEN start + interval '1 hour' END
       FROM generate_series(1, $3::integer) AS i, LATERAL (SELECT now() - i * interval '7 hours') AS s (start)`,
    [creator, fan, count],
  )
  await digis.query(
    'INSERT INTO payments (session_id, amount, created_at) SELECT id, 5, start_time FROM sessions',
  )
  return { creator, fan }
}

describe('a table that has become partitioned', () => {
  let digis: Digis
  let before: string[][]
  beforeAll(async () => {
    digis = await newDigis()
    await digis.query(`
      CREATE INDEX idx_sessions_type_by_month ON sessions (type, date_trunc('month', start_time AT TIME ZONE 'UTC'));
      ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
      CREATE POLICY seen_by_all ON sessions AS RESTRICTIVE FOR SELECT TO PUBLIC USING (fan_id > 0);
      CREATE POLICY written_by_all ON sessions FOR INSERT TO pg_monitor, CURRENT_USER WITH CHECK (fan_id > 0);
      GRANT SELECT ON sessions TO pg_monitor WITH GRANT OPTION;
      GRANT INSERT ON sessions TO PUBLIC`)
    await encounters(digis)
    before = [await definitionsOf(digis, 'sessions'), await definitionsOf(digis, 'payments')]
    await partitionEverything(digis)
  })

  test('has the columns, constraints, indexes, triggers, policies and rights that it had', async () => {
    const after = [await definitionsOf(digis, 'sessions'), await definitionsOf(digis, 'payments')]
    const kept = (list: string[] = []) =>
      list.filter(each => !each.startsWith('constraint fk_payments_session '))
    expect(after.map(kept)).toEqual(before.map(kept))
    expect(before[1]?.length).toBe((after[1]?.length ?? 0) + 1)
  })

  test('holds every row, in the table that it was before', async () => {
    const { rows } = await digis.query(
      'SELECT tableoid::regclass::text AS partition, count(*)::integer AS rows FROM sessions GROUP BY 1',
    )
    expect(rows).toEqual([{ partition: expect.stringMatching(/^sessions_before_\d{4}_\d{2}$/), rows: 300 }])
  })

  test('goes on counting its keys where it was', async () => {
    const { id } = await newSession(digis)
    expect(id).toBe(301)
  })

  test('reads the newest rows of a user through the indexes of its partitions, without sorting', async () => {
    await digis.query('ANALYZE sessions')
    const { rows } = await digis.query(
      'EXPLAIN SELECT id FROM sessions WHERE creator_id = 1 ORDER BY start_time DESC, id DESC LIMIT 5',
    )
    const plan = rows.map(row => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Merge Append/)
    expect(plan).not.toMatch(/Seq Scan|-> +Sort/)
  })

  test('counts the days of creators as before', async () => {
    await newSession(digis).then(({ id }) => digis.createPayment(id, 3))
    expect((await reconcileCreatorDays(digis.pool, { days: 200 })).mended).toBe(0)
  })

  test('is not partitioned again, and gets the policy of the later call', async () => {
    const again = await partitionByMonth(digis.pool, { table: 'sessions', column: 'start_time', ahead: 5 })
    expect(again).toMatchObject({ table: 'public.sessions', lockedMillis: 0 })
    expect(again.changes.map(change => change.action)).toEqual(['created', 'created'])
  })

  test('refuses a payment for a session that ends at the same moment', async () => {
    const session = await newSession(digis)
    const client = await digis.getClient()
    onTestFinished(() => client.release(true))
    await client.query('BEGIN')
    await client.query('DELETE FROM sessions WHERE id = $1', [session.id])
    const refused = expect(digis.createPayment(session.id, 1)).rejects.toMatchObject({
      code: '23503',
      constraint: 'fk_payments_session',
    })
    const waiting =
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await expect.poll(async () => (await digis.query(waiting)).rowCount).toBe(1)
    await client.query('COMMIT')
    await refused
  })

  test('cannot be truncated while payments refer to it', async () => {
    await expect(digis.query('TRUNCATE sessions')).rejects.toMatchObject({ code: '0A000' })
  })
})

test('nobody who reads and writes meanwhile sees an error or loses anything', async () => {
  const digis = await newDigis()
  const { creator, fan } = await encounters(digis)
  const first = Number(only(await digis.query('SELECT count(*) FROM sessions')).count)
  let isOver = false
  const people = Array.from({ length: 4 }, async () => {
    let sessions = 0
    while (!isOver) {
      const { id } = only(await digis.createSession(creator, fan))
      await digis.createPayment(id, 1)
      await digis.endSession(id)
      expect((await digis.getUserSessions(fan, 1)).rows).toHaveLength(1)
      sessions++
    }
    return sessions
  })
  try {
    await partitionEverything(digis)
  } finally {
    isOver = true
  }
  const made = (await Promise.all(people)).reduce((sum, each) => sum + each, 0)
  expect(made).toBeGreaterThan(0)
  expect(Number(only(await digis.query('SELECT count(*) FROM sessions')).count)).toBe(first + made)
  expect((await reconcileCreatorDays(digis.pool, { days: 200 })).mended).toBe(0)
})

test('after being stopped at any step, it goes on to the same end', async () => {
  const digis = await newDigis()
  await encounters(digis, 10)
  const stop = new Error('stopped')
  const until = (step: number) => {
    let left = step
    const onProgress = () => {
      if (--left === 0) throw stop
    }
    return partitionByMonth(digis.pool, { table: 'sessions', column: 'start_time', onProgress })
  }
  let stops = 0
  // Each call gets a step further than the one before, until one gets through.
  for (let isThrough = false; !isThrough; ) {
    isThrough = await until(stops + 1).then(
      () => true,
      error => {
        expect(error).toBe(stop)
        stops++
        return false
      },
    )
  }
  expect(stops).toBeGreaterThanOrEqual(3)
  const { rows } = await digis.query(
    "SELECT count(*)::integer AS count FROM pg_inherits WHERE inhparent = 'sessions'::regclass",
  )
  expect(rows[0].count).toBeGreaterThan(3)
  expect(only(await digis.query('SELECT count(*)::integer AS count FROM sessions')).count).toBe(10)
})

test('a build of an index that had failed is not taken for one that is ready', async () => {
  const digis = await newDigis()
  await digis.query(`
    CREATE TABLE events (kind integer UNIQUE, at timestamptz NOT NULL);
    INSERT INTO events SELECT i, now() FROM generate_series(1, 10) AS i;
    CREATE UNIQUE INDEX events_kind_key_month ON events (kind, at);
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'events_kind_key_month'::regclass`)
  await partitionByMonth(digis.pool, { table: 'events', column: 'at' })
  const { rows } = await digis.query(`
    SELECT bool_and(indisvalid) AS valid FROM pg_index WHERE indrelid = 'events'::regclass`)
  expect(rows).toEqual([{ valid: true }])
})

test('views of every kind read the partitioned table afterwards, and keep their rights and indexes', async () => {
  const digis = await newDigis()
  await encounters(digis, 10)
  await digis.query(`
    CREATE VIEW lately AS SELECT id, fan_id FROM sessions WHERE start_time > now() - interval '1 day';
    ALTER VIEW lately SET (security_barrier = true);
    CREATE VIEW lately_of AS SELECT fan_id, count(*) FROM lately GROUP BY fan_id;
    CREATE MATERIALIZED VIEW busy AS
      SELECT s.creator_id, count(DISTINCT s.id) AS sessions, count(p.id) AS payments
        FROM sessions AS s LEFT JOIN payments AS p ON p.session_id = s.id GROUP BY 1;
    CREATE UNIQUE INDEX uq_busy ON busy (creator_id);
    GRANT SELECT ON lately, busy TO pg_monitor`)
  const shape = `SELECT relname, relacl::text, reloptions::text, (SELECT string_agg(indexrelid::regclass::text, ',')
                   FROM pg_index WHERE indrelid = c.oid) AS indexes
                   FROM pg_class AS c WHERE relname ~ '^(lately|lately_of|busy|busy_month)$' ORDER BY 1`
  const before = (await digis.query(shape)).rows
  const ask = async () => [
    (await digis.query('SELECT count(*)::integer AS n FROM lately')).rows[0].n,
    (await digis.query('SELECT sum(count)::integer AS n FROM lately_of')).rows[0].n,
    (await digis.query('SELECT sum(sessions)::integer AS n FROM busy')).rows[0].n,
  ]
  const [one, two, three] = await ask()
  await partitionEverything(digis)
  const { id } = await newSession(digis)
  // In a partition of its own.
  await digis.query("UPDATE sessions SET start_time = start_time + interval '3 months' WHERE id = $1", [id])
  await digis.query('REFRESH MATERIALIZED VIEW CONCURRENTLY busy')
  expect(await ask()).toEqual([one + 1, two + 1, three + 1])
  expect((await digis.query(shape)).rows).toEqual(before)
})

test('a key without the time stays unique within each month', async () => {
  const digis = await newDigis()
  await digis.query(
    'CREATE TABLE entries (account integer, version integer, at timestamptz NOT NULL, UNIQUE (account, version))',
  )
  await partitionByMonth(digis.pool, { table: 'entries', column: 'at', ahead: 2 })
  const insert =
    "INSERT INTO entries VALUES (1, 1, date_trunc('month', now()) + interval '2 months' + $1::interval)"
  await digis.query(insert, ['1 hour'])
  await expect(digis.query(insert, ['2 hours'])).rejects.toMatchObject({ code: '23505' })
})

describe('is refused, and nothing is changed,', () => {
  let digis: Digis
  beforeAll(async () => {
    digis = await newDigis()
  })

  test('with everything that is in the way, and what to do about it', async () => {
    await digis.query(`
      CREATE TABLE taken (id integer PRIMARY KEY, "when" timestamptz, word text);
      CREATE UNIQUE INDEX one_word ON taken (lower(word));
      CREATE MATERIALIZED VIEW kept AS SELECT * FROM taken;
      CREATE VIEW seen AS SELECT * FROM kept;
      CREATE TABLE children (id integer REFERENCES taken ON DELETE CASCADE);
      CREATE FUNCTION word_of(t taken) RETURNS text LANGUAGE sql RETURN t.word`)
    const before = await definitionsOf(digis, 'taken')
    const refused = partitionByMonth(digis.pool, { table: 'taken', column: 'when' })
    await expect(refused).rejects.toMatchObject({ name: 'DigisError', code: 'DIGIS_NOT_PARTITIONABLE' })
    const { message } = await refused.catch(error => error)
    for (const part of [
      '"when" of a time that is NOT NULL',
      '"one_word"',
      '"seen"',
      '"children_id_fkey"',
      'word_of',
      'make it NOT NULL',
    ])
      expect(message).toContain(part)
    expect(await definitionsOf(digis, 'taken')).toEqual(before)
  })

  test.each<[string, string, object]>([
    ['for no table', 'table', { table: ' ', column: 'at' }],
    ['for a table that is not there', 'table', { table: 'nobody', column: 'at' }],
    ['for a column that is no text', 'column', { table: 'users', column: 7 }],
    ['for a policy that cannot be', 'ahead', { table: 'users', column: 'created_at', ahead: -1 }],
  ])('%s', async (_, field, options) => {
    await expect(partitionByMonth(digis.pool, options as never)).rejects.toMatchObject(wrong(field))
  })

  test.each([
    ['a view', 'CREATE VIEW view_1 AS SELECT now() AS at', 'view_1'],
    [
      'a table that is partitioned by something else',
      'CREATE TABLE parted (at timestamptz NOT NULL, n integer) PARTITION BY LIST (n)',
      'parted',
    ],
    ['a column with SQL for a name', 'CREATE TABLE table_2 (at timestamptz NOT NULL)', 'table_2'],
  ])('for %s', async (what, definition, table) => {
    await digis.query(definition)
    const column = what.startsWith('a column') ? 'at"; DROP TABLE table_2; --' : 'at'
    const refused = partitionByMonth(digis.pool, { table, column })
    await expect(refused).rejects.toMatchObject({ code: 'DIGIS_NOT_PARTITIONABLE' })
  })

  test('when rows lie years ahead', async () => {
    await digis.query(`CREATE TABLE far (at timestamptz NOT NULL); INSERT INTO far VALUES ('4000-01-01')`)
    const refused = partitionByMonth(digis.pool, { table: 'far', column: 'at' })
    await expect(refused).rejects.toMatchObject({ code: '55000' })
  })
})

test('a reader that does not end keeps the table as it was, and the call gives up in the end', async () => {
  const digis = await newDigis()
  const client = await digis.getClient()
  onTestFinished(() => client.release(true))
  await client.query('BEGIN; SELECT * FROM sessions')
  const swap = digis.query("SELECT swap_partitioned_table('sessions', 'start_time', now())")
  await expect(swap).rejects.toMatchObject({ code: '55P03' })
  expect((await digis.query("SELECT relkind FROM pg_class WHERE oid = 'sessions'::regclass")).rows).toEqual([
    { relkind: 'r' },
  ])
})
