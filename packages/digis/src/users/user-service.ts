import type { QueryResult } from 'pg'
import type { Database } from '../database/database.js'
import { DigisInputError } from '../digis-error.js'
import { checkId, checkUuid, type Id } from '../input/identifiers.js'
import { checkProfile, PROFILE_FIELDS, type Profile, type ProfileChanges, type User } from './user.js'
import { insertUser, selectUserById, selectUserBySupabaseId, updateUser } from './user-queries.js'

/** The arguments of `createUser`; `null` counts as not given. */
export type CreateUserArguments = [
  supabase_id: string,
  is_creator?: Profile['is_creator'] | null,
  bio?: Profile['bio'] | null,
  profile_pic_url?: Profile['profile_pic_url'] | null,
  price_per_min?: Profile['price_per_min'] | null,
  display_name?: Profile['display_name'] | null,
  username?: Profile['username'] | null,
]

/** The use cases of users. */
export interface UserService {
  /**
   * Adds a user: a fan without a bio and names at 1.00 per minute, unless told otherwise.
   *
   * @throws DigisInputError for an impossible argument; 23505 (duplicate) when the supabase_id is taken, or the username,
   * in upper or lower case: `constraint` says which
   */
  createUser(...user: CreateUserArguments): Promise<QueryResult<User>>
  /** @throws DigisInputError unless it is a UUID */
  getUserBySupabaseId(supabase_id: string): Promise<User | null>
  /** @throws DigisInputError unless it is a key */
  getUserById(id: Id): Promise<User | null>
  /**
   * Changes what is given of a profile and leaves the rest; unknown fields are ignored. An empty text takes a name away.
   * No row where there is no such user.
   *
   * @throws DigisInputError for an impossible value; `No valid fields to update` when nothing is given; 23505 (duplicate)
   * when another user has the username, in upper or lower case
   */
  updateUserProfile(supabase_id: string, changes: ProfileChanges): Promise<QueryResult<User>>
}

export function userService(database: Database): UserService {
  return {
    async createUser(supabase_id, ...profile) {
      const [is_creator, bio, profile_pic_url, price_per_min, display_name, username] = profile
      const given = { is_creator, bio, profile_pic_url, price_per_min, display_name, username }
      const fields = checkProfile(given)
      return database.run(insertUser(checkUuid('supabase_id', supabase_id), fields))
    },

    async getUserBySupabaseId(supabase_id) {
      const { rows } = await database.run<User>(selectUserBySupabaseId(checkUuid('supabase_id', supabase_id)))
      return rows[0] ?? null
    },

    async getUserById(id) {
      const { rows } = await database.run<User>(selectUserById(checkId('id', id)))
      return rows[0] ?? null
    },

    async updateUserProfile(supabase_id, changes) {
      const id = checkUuid('supabase_id', supabase_id)
      const fields = checkProfile(changes ?? {})
      if (fields.size === 0) throw nothingToUpdate()
      return database.run(updateUser(id, fields))
    },
  }
}

function nothingToUpdate(): DigisInputError {
  const expected = `at least one of ${PROFILE_FIELDS.join(', ')}`
  return new DigisInputError({
    field: 'changes',
    expected,
    given: 'none of them',
    message: 'No valid fields to update',
  })
}
