import pg from 'pg'
import { READ, versionOf, WRITE } from '../cache/data.mjs'

/** Enough for the benchmark's concurrency; never closed for being idle, so that no measurement opens one. */
export const POOL_OPTIONS = { max: 16, idleTimeoutMillis: 0 }

/**
 * The plain pg pool that every rival stands in front of.
 *
 * @param {string} connectionString
 */
export function openDatabase(connectionString) {
  const pool = new pg.Pool({ connectionString, ...POOL_OPTIONS })
  return {
    pool,
    /** @param {number | string} id @returns {Promise<import('./rival.mjs').Row>} */
    load: async id => (await pool.query(READ, [id])).rows[0],
    /** @param {number} id @returns {Promise<number>} the new version */
    change: async id => versionOf((await pool.query(WRITE, [id])).rows[0]),
    end: () => pool.end(),
  }
}
