import pg from 'pg'
import { naiveSubject } from './naive.mjs'

/**
 * @typedef {import('@holdfast/testkit').Subject & { end: () => Promise<void>, stats?: () => unknown }} OwnedSubject
 * @typedef {{ databaseUrl: string, redisUrl?: string, options: import('./options.mjs').Options }} Setup
 */

/** Connections of each process. */
const CONNECTIONS = 8

/** Above the default: on a machine that is busy with faults a cache that gives up at once would never be tried. */
const REDIS_TIMEOUT = '250ms'

/** The tables of the workload, all of them cached. */
const TABLES = ['owners', 'items', 'parts', 'totals', 'orders', 'metrics', 'notes']

/** @param {Setup} setup @returns {Promise<OwnedSubject>} */
export async function createSubject(setup) {
  const { subject } = setup.options
  if (subject === 'holdfast') return holdfastSubject(setup)
  const plain = plainSubject(setup)
  return subject === 'naive' ? naiveSubject(plain, setup) : plain
}

/** pg as it is. @param {Setup} setup @returns {OwnedSubject} */
function plainSubject({ databaseUrl }) {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
  })
  pool.on('error', () => undefined)
  pool.on('connect', client => client.on('error', () => undefined))
  return {
    ...ofPool(pool),
    async transaction(body) {
      const client = await pool.connect()
      let broken
      try {
        await client.query('BEGIN')
        const result = await body(client)
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {
          broken = true
        })
        throw error
      } finally {
        client.release(broken)
      }
    },
  }
}

/** @param {Setup} setup @returns {Promise<OwnedSubject>} */
async function holdfastSubject({ databaseUrl, redisUrl, options }) {
  const { Pool } = await import('holdfast')
  const { consistency, bound, onUnmarkable } = options
  const cache = {
    tables: Object.fromEntries(TABLES.map(table => [table, '5m'])),
    ...(redisUrl === undefined ? {} : { redis: redisUrl }),
    ...(consistency === 'bounded' ? { bound } : {}),
    ...{ consistency, onUnmarkable, redisTimeout: REDIS_TIMEOUT },
  }
  const pool = new Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    cache,
  })
  pool.on('error', () => undefined)
  return {
    ...ofPool(pool),
    transaction: body => pool.transaction(transaction => body(transaction)),
    stats: () => pool.cache.stats(),
  }
}

/** What pools have in common. @param {any} pool */
function ofPool(pool) {
  const query = (/** @type {import('@holdfast/testkit').Statement} */ statement) => pool.query(statement)
  return { query, read: query, connect: () => pool.connect(), end: () => pool.end() }
}
