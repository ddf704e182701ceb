import { type Digis, reconcileCreatorDays } from '@holdfast/digis'
import { type SeededRandom, seededRandom } from '@holdfast/testkit'
import type { QueryConfig } from 'pg'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newCreator, newDigis, newFan, newSession, only, wrong } from './new-digis.js'
import { partitionEverything } from './partitions/partitioned-tables.js'

const DIFFERENCES = `
  SELECT creator_id, day FROM (
    SELECT * FROM count_creator_days('-infinity', 'infinity')
    EXCEPT SELECT creator_id, day, payments, amount, tips, sessions, ended_sessions, session_seconds FROM creator_daily_stats
    UNION ALL (
      SELECT creator_id, day, payments, amount, tips, sessions, ended_sessions, session_seconds FROM creator_daily_stats
       WHERE (payments, sessions) <> (0, 0)
      EXCEPT SELECT * FROM count_creator_days('-infinity', 'infinity'))
  ) AS wrong`

describe.each([
  ['in one table', async () => {}],
  ['on monthly partitions', partitionEverything],
])('days of creators, with sessions and payments %s,', (_, layOut: (digis: Digis) => Promise<void>) => {
  let digis: Digis
  beforeAll(async () => {
    digis = await newDigis()
    await layOut(digis)
  })

  test('count payments on their day, and sessions on the day of their start', async () => {
    const session = await newSession(digis)
    await digis.createPayment(session.id, '2.50', '0.25')
    await digis.query(
      `UPDATE sessions SET start_time = '2026-03-31 23:59:59.5+00', end_time = '2026-04-01 01:00:00+00' WHERE id = $1`,
      [session.id],
    )
    await digis.query(`UPDATE payments SET created_at = '2026-04-01 00:00:00+00' WHERE session_id = $1`, [
      session.id,
    ])
    const { rows } = await digis.getCreatorDays(session.creator_id, '2026-03-31', '2026-04-01')
    const nothing = { payments: 0, amount: '0.00', tips: '0.00' }
    const started = { sessions: 1, ended_sessions: 1, session_seconds: '3600.500000' }
    const none = { sessions: 0, ended_sessions: 0, session_seconds: '0.000000' }
    expect(rows).toEqual([
      { day: '2026-03-31', ...nothing, ...started },
      { day: '2026-04-01', payments: 1, amount: '2.50', tips: '0.25', ...none },
    ])
    expect((await digis.getCreatorDays(session.creator_id, '2026-04-01', '2026-04-01')).rows).toEqual(
      rows.slice(1),
    )
    expect((await digis.getCreatorDays(session.fan_id, '2026-03-31', '2026-04-01')).rows).toEqual([])
  })

  test('count at once what a transaction has written, and nothing of one that is rolled back', async () => {
    const { id, creator_id } = await newSession(digis)
    const today = new Date().toISOString().slice(0, 10)
    await digis
      .transaction(async tx => {
        const all = digis.with({ client: tx })
        await all.createPayment(id, 1)
        expect((await all.getCreatorDays(creator_id, today, today)).rows[0]?.payments).toBe(1)
        throw new Error('rolled back')
      })
      .catch(() => {})
    expect((await digis.getCreatorDays(creator_id, today, today)).rows[0]?.payments).toBe(0)
  })

  test('equal a recomputation after any changes by many at once, and nobody meets a deadlock', async () => {
    const random = seededRandom()
    await manyChanges(digis, random)
    expect((await digis.query(DIFFERENCES)).rows, `HOLDFAST_SEED=${random.seed}`).toEqual([])
    expect((await reconcileCreatorDays(digis.pool, { days: 36_500 })).mended).toBe(0)
  })

  test('that were written past the triggers are found and mended, once, whoever looks at the same time', async () => {
    const { id, creator_id } = await newSession(digis)
    await digis.createPayment(id, '5.00')
    const client = await digis.getClient()
    await client.query(`SET session_replication_role = replica;
      UPDATE payments SET amount = 7 WHERE session_id = ${id};
      INSERT INTO payments (session_id, creator_id, fan_id, amount, created_at)
      SELECT session_id, creator_id, fan_id, 1, now() - interval '2 days' FROM payments WHERE session_id = ${id}`)
    client.release(true)
    const first = await digis.getClient()
    onTestFinished(() => first.release(true))
    await first.query('BEGIN')
    const all = "SELECT * FROM reconcile_creator_days('-infinity', 'infinity') ORDER BY day"
    const differences = (await first.query(all)).rows
    const second = reconcileCreatorDays(digis.pool)
    const waiting =
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await expect.poll(async () => (await digis.query(waiting)).rowCount).toBe(1)
    await first.query('COMMIT')
    expect((await second).mended).toBe(0)
    expect(differences.map(({ creator_id: of, payments, amount }) => ({ of, payments, amount }))).toEqual([
      { of: creator_id, payments: 1, amount: '1.00' },
      { of: creator_id, payments: 0, amount: '2.00' },
    ])
    expect((await digis.query(DIFFERENCES)).rows).toEqual([])
  })

  test('are empty of what was truncated', async () => {
    await digis.query('TRUNCATE payments')
    await digis.query('TRUNCATE sessions, payments')
    expect((await digis.query(DIFFERENCES)).rows).toEqual([])
  })
})

/** Changes of all kinds by six sessions of the database at once, each of rows of its own, of creators that all share. */
async function manyChanges(digis: Digis, random: SeededRandom): Promise<void> {
  const creators = await Promise.all(Array.from({ length: 5 }, () => newCreator(digis)))
  const ids = creators.map(creator => creator.id)
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      const fan = (await newFan(digis)).id
      const own = random.fork()
      for (let step = 0; step < 40; step++)
        // A deadlock must not be hidden by trying again.
        await digis.query({ text: change(own), values: [ids, fan], retry: false } as QueryConfig)
    }),
  )
}

/** One statement; `$1` are the creators, `$2` the fan whose rows it may touch. */
function change(random: SeededRandom): string {
  const time = () => `now() - ${random.int(0, 100)} * interval '1 day' - random() * interval '1 day'`
  const few = `LIMIT ${random.int(1, 8)}`
  const ofFan = (table: string) =>
    `id IN (SELECT id FROM ${table} WHERE fan_id = $2 ORDER BY md5(id::text) ${few})`
  const some = random.pick([
    `INSERT INTO sessions (creator_id, fan_id, start_time)
     SELECT c, $2, ${time()} FROM unnest($1::bigint[]) AS c ORDER BY random() ${few}`,
    `INSERT INTO payments (session_id, amount, tip, created_at)
     SELECT id, random() * 100, random(), ${time()} FROM sessions WHERE fan_id = $2 ORDER BY random() ${few}`,
    `UPDATE sessions SET end_time = start_time + random() * interval '3 hours' WHERE ${ofFan('sessions')}`,
    `UPDATE sessions SET start_time = start_time - interval '40 days', creator_id = ($1::bigint[])[${random.int(1, 5)}]
      WHERE ${ofFan('sessions')}`,
    `UPDATE payments SET amount = amount + 1, created_at = created_at - interval '33 days' WHERE ${ofFan('payments')}`,
    // Many days of all creators at once: where statements would wait for each other in a circle.
    `INSERT INTO sessions (creator_id, fan_id, start_time)
     SELECT c, $2, now() - d * interval '1 day' FROM unnest($1::bigint[]) AS c, generate_series(1, 40) AS d ORDER BY random()`,
    "UPDATE sessions SET end_time = coalesce(end_time, start_time) + interval '1 second' WHERE fan_id = $2",
    "UPDATE sessions SET end_time = coalesce(end_time, start_time) + interval '1 second' WHERE fan_id = $2",
    `DELETE FROM payments WHERE ${ofFan('payments')}`,
    `DELETE FROM sessions AS s WHERE fan_id = $2 AND NOT EXISTS (SELECT FROM payments WHERE session_id = s.id)`,
  ])
  // Every statement is given both values.
  return `WITH given AS (SELECT $1::bigint[], $2::bigint) ${some}`
}

test('days are counted anew until those from before the statistics are filled in', async () => {
  const digis = await newDigis()
  const session = await newSession(digis)
  await digis.query(`
    UPDATE sessions SET start_time = '2024-02-29 12:00:00+00';
    INSERT INTO payments (session_id, amount, created_at) VALUES (${session.id}, 3, '2024-03-01 00:00:00+00');
    DELETE FROM creator_daily_stats;
    UPDATE creator_daily_stats_state SET complete = false`)
  const ask = async () => (await digis.getCreatorDays(session.creator_id, '2024-02-01', '2024-03-31')).rows
  const before = await ask()
  expect(before.map(({ day, payments, sessions }) => [day, payments, sessions])).toEqual([
    ['2024-02-29', 0, 1],
    ['2024-03-01', 1, 0],
  ])
  expect((await reconcileCreatorDays(digis.pool)).mended).toBe(2)
  expect(await ask()).toEqual(before)
  const kept = 'SELECT tableoid::regclass::text AS partition FROM creator_daily_stats WHERE payments = 1'
  expect(only(await digis.query(kept)).partition).toBe('creator_daily_stats_2024_03')
})

test('where payments have a status, only completed ones count, from the moment on which they are', async () => {
  const digis = await newDigis()
  const session = await newSession(digis)
  // As a later version of the schema has it.
  await digis.query(`
    ALTER TABLE payments ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'completed';
    SELECT define_payment_counting()`)
  await digis.query(
    "INSERT INTO payments (session_id, amount, status) VALUES ($1, 5, 'pending'), ($1, 2, 'completed')",
    [session.id],
  )
  const today = new Date().toISOString().slice(0, 10)
  const amount = async () => (await digis.getCreatorDays(session.creator_id, today, today)).rows[0]?.amount
  expect(await amount()).toBe('2.00')
  await digis.query("UPDATE payments SET status = 'completed'")
  expect(await amount()).toBe('7.00')
  await digis.query("UPDATE payments SET status = 'refunded' WHERE amount = 2")
  expect(await amount()).toBe('5.00')
  expect((await reconcileCreatorDays(digis.pool)).mended).toBe(0)
})

test('days of which sessions were dropped for their age stay as they are', async () => {
  const digis = await newDigis()
  const session = await newSession(digis)
  await digis.query("UPDATE sessions SET start_time = '2024-02-29 12:00:00+00'")
  await partitionEverything(digis)
  await digis.query(`
    ALTER TABLE sessions DETACH PARTITION sessions_default;
    SELECT retire_partition('sessions', (SELECT partition FROM partitions_of('sessions') ORDER BY starts LIMIT 1), 'drop');
    UPDATE partition_policies SET dropped_before = '2026-01-01' WHERE table_name = 'public.sessions'`)
  expect((await reconcileCreatorDays(digis.pool, { days: 36_500 })).mended).toBe(0)
  const { rows } = await digis.getCreatorDays(session.creator_id, '2024-02-29', '2024-02-29')
  expect(rows[0]?.sessions).toBe(1)
})

describe('an impossible argument is refused by name:', () => {
  let digis: Digis
  beforeAll(async () => {
    digis = await newDigis()
  })

  test.each<[string, string, () => Promise<unknown>]>([
    ['a creator that is no key', 'creator_id', () => digis.getCreatorDays('x', '2026-01-01', '2026-01-02')],
    ['a day that is none', 'from', () => digis.getCreatorDays(1, '2026-02-30', '2026-03-02')],
    ['a day with SQL in it', 'to', () => digis.getCreatorDays(1, '2026-02-01', "2026-03-02'; --")],
    ['a Date', 'from', () => digis.getCreatorDays(1, new Date() as never, '2026-03-02')],
    ['no day', 'to', () => digis.getCreatorDays(1, '2026-02-01', undefined as never)],
    ['days in the wrong order', 'to', () => digis.getCreatorDays(1, '2026-02-02', '2026-02-01')],
    ['too many days', 'to', () => digis.getCreatorDays(1, '2020-01-01', '2026-02-01')],
    ['a year 0', 'from', () => digis.getCreatorDays(1, '0000-01-01', '0001-02-01')],
    ['reconciling no day', 'days', () => reconcileCreatorDays(digis.pool, { days: 0 })],
    ['reconciling half a day', 'days', () => reconcileCreatorDays(digis.pool, { days: 0.5 })],
  ])('%s', async (_, field, call) => {
    await expect(call()).rejects.toMatchObject(wrong(field))
  })

  test('reconciling under a snapshot that may be older', async () => {
    const old = digis.transaction(
      tx => tx.query("SELECT * FROM reconcile_creator_days('2026-01-01', '2026-02-01')"),
      {
        isolation: 'repeatable read',
      } as never,
    )
    await expect(old).rejects.toMatchObject({ code: '25000' })
  })
})

test('whoever may write payments may count them, without a right to the statistics', async () => {
  const digis = await newDigis()
  const { id, creator_id } = await newSession(digis)
  const role = `writer_${process.pid}`
  await digis.query(`
    CREATE ROLE ${role};
    GRANT SELECT, INSERT ON payments TO ${role};
    GRANT SELECT ON sessions, users TO ${role}`)
  await digis.transaction(async tx => {
    await tx.query(`SET LOCAL ROLE ${role}`)
    await tx.query('CREATE TEMPORARY TABLE creator_daily_stats (trap integer)')
    await tx.query('INSERT INTO payments (session_id, amount) VALUES ($1, 4)', [id])
  })
  const kept = 'SELECT payments FROM public.creator_daily_stats WHERE creator_id = $1'
  expect(only(await digis.query(kept, [creator_id])).payments).toBe(1)
  await digis.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
})
