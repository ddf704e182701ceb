import type { Statement } from '../database/database.js'
import type { Profile } from './user.js'

/** What is read of a user: everything but the search document. */
export const USER_COLUMNS =
  'id, supabase_id, is_creator, bio, profile_pic_url, price_per_min, display_name, username, created_at, updated_at'

/** Inserts a user with the given fields; the others get the table's defaults. */
export function insertUser(supabaseId: string, profile: ReadonlyMap<keyof Profile, unknown>): Statement {
  const columns = ['supabase_id', ...profile.keys()]
  const places = columns.map((_, index) => `$${index + 1}`)
  return {
    text: `INSERT INTO users (${columns.join(', ')}) VALUES (${places.join(', ')}) RETURNING ${USER_COLUMNS}`,
    values: [supabaseId, ...profile.values()],
  }
}

/** Changes the given fields of a user, at least one. */
export function updateUser(supabaseId: string, profile: ReadonlyMap<keyof Profile, unknown>): Statement {
  const changes = [...profile.keys()].map((column, index) => `${column} = $${index + 2}`)
  return {
    text: `UPDATE users SET ${changes.join(', ')} WHERE supabase_id = $1 RETURNING ${USER_COLUMNS}`,
    values: [supabaseId, ...profile.values()],
    idempotent: true,
  }
}

export function selectUserBySupabaseId(supabaseId: string): Statement {
  const text = `SELECT ${USER_COLUMNS} FROM users WHERE supabase_id = $1`
  return { text, values: [supabaseId], readOnly: true }
}

export function selectUserById(id: string): Statement {
  return { text: `SELECT ${USER_COLUMNS} FROM users WHERE id = $1`, values: [id], readOnly: true }
}
