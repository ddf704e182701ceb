import { createDigis, ensurePartitions, migrateDigis, partitionByMonth } from '@holdfast/digis'

/** How many months of sessions there are. */
export const MONTHS = 24
const USERS = 20_000
const CREATORS = 1_000

/**
 * The same sessions and payments, laid out in a way of its own.
 *
 * @typedef {{ name: string, digis: import('@holdfast/digis').Digis }} Layout
 */

/**
 * @param {string} name
 * @param {{ server: import('@holdfast/testkit').PostgresServer, rows: number, monthly: boolean }} how `monthly`: with a
 *   partition for each month before there is any row
 * @returns {Promise<Layout>}
 */
export async function layOut(name, { server, rows, monthly }) {
  const { url } = await server.createDatabase()
  const digis = createDigis({ connectionString: url, max: 16, query_timeout: 3_600_000 })
  await migrateDigis(digis.pool)
  if (monthly) {
    await partitionByMonth(digis.pool, { table: 'sessions', column: 'start_time' })
    await makeRoom(digis)
  }
  await fill(digis, rows)
  return { name, digis }
}

/** Room for the months that lie behind: the first partition gives way to one for each of them. */
async function makeRoom(digis) {
  const { rows } = await digis.query(
    "SELECT partition FROM partitions_of('sessions') WHERE starts = '-infinity'",
  )
  await digis.query(
    `ALTER TABLE sessions DETACH PARTITION ${rows[0].partition}; DROP TABLE ${rows[0].partition}`,
  )
  await digis.query("SELECT ensure_partitions('sessions', since => now() - make_interval(months => $1))", [
    MONTHS,
  ])
  await ensurePartitions(digis.pool, { table: 'sessions' })
}

/** Rows as they come in time, every other one paid for. Triggers and foreign keys are off: the data is known to be good. */
async function fill(digis, rows) {
  const client = await digis.getClient()
  await client.query(`
    SET session_replication_role = replica;
    INSERT INTO users (supabase_id, is_creator) SELECT gen_random_uuid(), i <= ${CREATORS} FROM generate_series(1, ${USERS}) AS i;
    INSERT INTO sessions (creator_id, fan_id, start_time, end_time)
    SELECT 1 + (i * 7919) % ${CREATORS}, ${CREATORS + 1} + (i * 104729) % ${USERS - CREATORS}, start, start + interval '20 minutes'
      FROM generate_series(1::bigint, ${rows}) AS i,
           LATERAL (SELECT now() - (${rows} - i) * (interval '${MONTHS} months' / ${rows}) - interval '1 hour') AS s (start);
    INSERT INTO payments (session_id, creator_id, fan_id, amount, created_at)
    SELECT id, creator_id, fan_id, 5, end_time FROM sessions WHERE id % 2 = 0 ORDER BY id;
    UPDATE creator_daily_stats_state SET complete = false`)
  await client.query('VACUUM ANALYZE users, sessions, payments')
  client.release(true)
}
