import { checkChoice } from '../input/text.js'

/** How the two people of a session meet. The database has the same list in a constraint. */
export const SESSION_TYPES = ['video', 'voice', 'text'] as const
export type SessionType = (typeof SESSION_TYPES)[number]

/** A row of `sessions`. */
export interface Session {
  readonly id: number
  readonly creator_id: number
  readonly fan_id: number
  readonly type: SessionType
  readonly start_time: Date
  /** `null` while the session goes on. */
  readonly end_time: Date | null
  readonly created_at: Date
  readonly updated_at: Date
}

/** Who meets in a session. */
export type PeopleOfSession = Pick<Session, 'creator_id' | 'fan_id'>

/** A session and what its page shows of its two people. */
export interface SessionWithPeople extends Session {
  readonly creator_supabase_id: string
  readonly creator_bio: string
  /** The fan's. */
  readonly member_supabase_id: string
}

/** @throws DigisInputError for a type that is not in {@link SESSION_TYPES} */
export function checkSessionType(type: unknown): SessionType {
  return checkChoice('type', type, SESSION_TYPES)
}
