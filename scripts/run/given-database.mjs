import { migrateDigis } from '@holdfast/digis'
import { errorCategory, Pool } from 'holdfast'
import { step } from './terminal.mjs'

/** Milliseconds in which a server that can be used answers. */
const PATIENCE = 15_000

/** In place of the words of a pool that waited, which speak of connections and limits. */
const NO_ANSWER =
  'The server of DATABASE_URL did not answer in time. Check the host, the port and the firewall between.'

/**
 * Makes sure that the server of DATABASE_URL can be used and has the schema.
 *
 * @param {string} connectionString
 * @param {boolean} mayMigrate whether to bring the schema up to date
 * @returns {Promise<void>}
 * @throws Error with advice, without the URL
 */
export async function checkGivenDatabase(connectionString, mayMigrate) {
  const pool = openPool(connectionString)
  try {
    await step('Connecting to the server of DATABASE_URL', () =>
      pool.query({ text: 'SELECT 1', timeout: PATIENCE }),
    )
    if (mayMigrate) await step('Bringing the schema up to date', () => migrateDigis(pool))
    else await requireSchema(pool)
  } catch (error) {
    throw explained(error)
  } finally {
    await pool.end()
  }
}

/** @param {string} connectionString */
function openPool(connectionString) {
  try {
    return new Pool({ connectionString, name: 'start', max: 1, connectionTimeoutMillis: PATIENCE })
  } catch (error) {
    throw explained(error)
  }
}

/** The newest thing of the schema without which users cannot be read. */
const SCHEMA = `
  SELECT to_regclass('users') IS NOT NULL AS found,
         EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('users') AND attname = 'username') AS current`

/** @param {import('holdfast').Pool} pool */
async function requireSchema(pool) {
  const { rows } = await pool.query(SCHEMA)
  if (rows[0].current) return
  const state = rows[0].found ? 'an older DIGIS schema' : 'no DIGIS schema'
  throw new Error(
    `The database has ${state}. HOLDFAST_MIGRATE=1 npm start creates it, or brings it up to date.`,
  )
}

/**
 * The error in a newcomer's words. Most errors say themselves what to do.
 *
 * @param {unknown} error
 */
function explained(error) {
  const category = errorCategory(error)
  if (category === 'timeout') return new Error(NO_ANSWER, { cause: error })
  if (category !== 'permission') return error
  const { message } = /** @type {Error} */ (error)
  return new Error(`${message}. Check that the user in DATABASE_URL may use that database.`, { cause: error })
}
