import { migrateDigis } from '@holdfast/digis'
import { errorCategory, Pool } from 'holdfast'
import { step } from './terminal.mjs'

/** Milliseconds in which a server that can be used answers. */
const PATIENCE = 15_000

/** What a newcomer can do about each kind of failure. */
const ADVICE = {
  authentication: 'Check the user and the password in DATABASE_URL.',
  permission: 'Check that the user in DATABASE_URL may use that database.',
  refused: 'Is a server running at the host and port of DATABASE_URL?',
  unreachable: 'Check the host in DATABASE_URL, and whether this machine can reach it.',
  tls: 'Check the sslmode in DATABASE_URL, and give the certificate of a private authority with sslrootcert.',
  timeout: 'The server did not answer in time. Check the host, the port and the firewall between.',
  overloaded: 'The server has no connection to spare. Close some, or raise its max_connections.',
  'undefined-object': 'Does the database in DATABASE_URL exist?',
}

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
    throw withAdvice(error)
  } finally {
    await pool.end()
  }
}

/** @param {string} connectionString */
function openPool(connectionString) {
  try {
    return new Pool({ connectionString, name: 'start', max: 1, connectionTimeoutMillis: PATIENCE })
  } catch (error) {
    throw withAdvice(error)
  }
}

/** @param {import('holdfast').Pool} pool */
async function requireSchema(pool) {
  const { rows } = await pool.query("SELECT to_regclass('users') IS NOT NULL AS found")
  if (rows[0].found) return
  throw new Error(
    'The database has no DIGIS schema. HOLDFAST_MIGRATE=1 npm start creates it, or brings it up to date.',
  )
}

/** @param {unknown} error */
function withAdvice(error) {
  const advice = ADVICE[/** @type {keyof typeof ADVICE} */ (errorCategory(error) ?? '')]
  const { message } = /** @type {Error} */ (error)
  return new Error(advice ? `${message}\n${advice}` : message, { cause: error })
}
