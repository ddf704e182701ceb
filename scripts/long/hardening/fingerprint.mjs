import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { ROOT } from '../../run/repository.mjs'

/** The hardening's own words for a schema; it has taken its workplace away when it is done. */
const SOURCES = ['10-workplace.sql', '20-catalogue.sql'].map(name =>
  join(ROOT, 'packages/digis/sql/hardening', name),
)

/**
 * What the schema `public` of a database consists of, one line for each part, sorted. Nothing is left behind.
 *
 * @param {string} url
 * @returns {Promise<string[]>}
 */
export async function describeSchema(url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN; SET LOCAL search_path = pg_catalog; SET LOCAL check_function_bodies = off')
    for (const file of SOURCES) await client.query(readFileSync(file, 'utf8'))
    const { rows } = await client.query(
      `SELECT concat_ws(' | ', kind, table_name, replace(name, 'public.', ''), definition) AS line
         FROM digis_hardening.describe('public') ORDER BY 1`,
    )
    await client.query('ROLLBACK')
    return rows.map(row => row.line)
  } finally {
    await client.end()
  }
}
