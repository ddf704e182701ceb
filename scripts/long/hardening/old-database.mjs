import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { ROOT } from '../../run/repository.mjs'

/** The shapes that the old platform's database has had. */
export const SHAPES = /** @type {const} */ (['old-integers', 'old-uuids', 'old-columns-missing'])

/**
 * Creates a database of an old shape in an empty one, with the few rows of the fixture.
 *
 * @param {string} url
 * @param {string} shape
 */
export async function createOldDatabase(url, shape) {
  await execute(url, readFileSync(join(ROOT, 'packages/digis/test/fixtures', `${shape}.sql`), 'utf8'))
}

/**
 * Adds sessions, a fiftieth as many users and a fifth as many payments to a database of the shape `old-integers`. Of
 * each thousand rows one breaks a rule. Clean are all users from the hundredth.
 *
 * @param {string} url
 * @param {number} sessions
 */
export async function fillOldDatabase(url, sessions) {
  const users = userCount(sessions)
  await execute(
    url,
    `
    INSERT INTO users (supabase_id, is_creator, bio, price_per_min)
      SELECT CASE WHEN n % 1000 = 7 THEN 'person ' || n ELSE md5(n::text)::uuid::text END, n % 10 = 0,
             'Bio of number ' || n || ', who likes ' || (ARRAY['salsa', 'chess', 'songs'])[1 + n % 3], n % 90
        FROM generate_series(6, ${users}) AS n;
    INSERT INTO sessions (creator_id, fan_id, type, status, start_time, end_time)
      SELECT 100 + n % ${users - 100}, 100 + (n * 7 + 1) % ${users - 100},
             CASE n % 3000 WHEN 11 THEN 'Hologram' ELSE 'video' END, 'ended', timestamp '2024-01-01' + n * interval '3 s',
             timestamp '2024-01-01' + n * interval '3 s' + CASE n % 3000 WHEN 12 THEN interval '-5 min' ELSE interval '20 min' END
        FROM generate_series(1, ${sessions}) AS n WHERE n % ${users - 100} <> (n * 7 + 1) % ${users - 100};
    UPDATE sessions SET fan_id = 2000000000 WHERE id % 3000 = 13;
    INSERT INTO payments (session_id, amount, tip, status)
      SELECT id, CASE id % 5000 WHEN 5 THEN -1 ELSE (id % 90) + 0.5 END, 0, CASE WHEN id % 2 = 0 THEN 'PAID' ELSE 'completed' END
        FROM sessions WHERE id % 5 = 0;
    CREATE INDEX sessions_fan_idx ON sessions (fan_id);
    CREATE INDEX payments_session_idx ON payments (session_id);
    ANALYZE`,
  )
}

/** @param {number} sessions */
export function userCount(sessions) {
  return Math.max(300, Math.floor(sessions / 50))
}

/** @param {string} url @param {string} text */
async function execute(url, text) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("SET timezone = 'UTC'")
    await client.query(text)
  } finally {
    await client.end()
  }
}
