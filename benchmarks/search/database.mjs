import { readdir, readFile } from 'node:fs/promises'
import { createDigis } from '@holdfast/digis'

const BATCH = 5_000
const MIGRATIONS = new URL('migrations/', import.meta.resolve('@holdfast/digis/package.json'))
/** What the migrations do to creators who were there before: documents, then indexes. */
const OF_EXISTING_CREATORS = /^005[1-4]_/

/**
 * A database of creators who were there before the search was, after its migrations and a night of vacuum.
 *
 * @param {string} connectionString
 * @param {import('./bios.mjs').Creator[]} creators
 * @returns the module, and how long those migrations took that depend on the number of creators
 */
export async function fillDatabase(connectionString, creators) {
  const digis = createDigis({ connectionString, max: 1, maxLifetimeSeconds: 0 })
  await digis.addMissingColumns()
  await digis.query('ALTER TABLE users DISABLE TRIGGER trg_users_search_insert')
  for (let first = 0; first < creators.length; first += BATCH)
    await insert(digis, creators.slice(first, first + BATCH))
  await digis.query('ALTER TABLE users ENABLE TRIGGER trg_users_search_insert')
  const start = performance.now()
  await indexExisting(digis)
  const seconds = (performance.now() - start) / 1_000
  await digis.query('VACUUM (ANALYZE) users, creator_documents, search_words')
  return { digis, seconds }
}

/** @param {import('@holdfast/digis').Digis} digis */
async function indexExisting(digis) {
  await digis.query(
    'DROP INDEX idx_creator_documents_document, idx_creator_documents_names, idx_search_words_trigrams',
  )
  const files = (await readdir(MIGRATIONS)).filter(name => OF_EXISTING_CREATORS.test(name)).sort()
  for (const file of files)
    await digis.query({
      text: await readFile(new URL(file, MIGRATIONS), 'utf8'),
      timeout: 0,
      query_timeout: 0,
    })
}

/** @param {import('@holdfast/digis').Digis} digis @param {import('./bios.mjs').Creator[]} creators */
async function insert(digis, creators) {
  await digis.query(
    `INSERT INTO users (supabase_id, is_creator, bio, display_name, username)
     SELECT id, true, bio, display_name, username
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS c (id, bio, display_name, username)`,
    [
      creators.map(({ id }) => id),
      creators.map(({ bio }) => bio),
      creators.map(({ displayName }) => displayName),
      creators.map(({ username }) => username),
    ],
  )
}

/**
 * The search of the old platform. In the order of the keys, so that it may stop at the twentieth match.
 *
 * @param {import('@holdfast/digis').Digis} digis
 * @param {string} term
 */
export function searchAsBefore(digis, term) {
  return digis.query(
    `SELECT * FROM users WHERE is_creator = true AND LOWER(bio) LIKE $1 ORDER BY id DESC LIMIT 20`,
    [`%${term.toLowerCase()}%`],
  )
}
