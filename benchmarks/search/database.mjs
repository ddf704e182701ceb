import { createDigis } from '@holdfast/digis'

const BATCH = 2_000

/**
 * A database of creators with the current schema, as after a night of vacuum.
 *
 * @param {string} connectionString
 * @param {import('./bios.mjs').Creator[]} creators
 */
export async function fillDatabase(connectionString, creators) {
  const digis = createDigis({ connectionString, max: 2 })
  await digis.addMissingColumns()
  for (let first = 0; first < creators.length; first += BATCH)
    await insert(digis, creators.slice(first, first + BATCH))
  await digis.query('VACUUM (ANALYZE) users, creator_documents, search_words')
  return digis
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
