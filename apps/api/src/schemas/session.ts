import Type, { type Static } from 'typebox'
import { Id, Moment, MomentOrNull } from './fields.js'

/** The kinds of session. */
export const SESSION_TYPES = ['video', 'voice', 'text'] as const

const SessionType = Type.Enum([...SESSION_TYPES], { description: 'How they meet.', examples: ['video'] })

/** A session between a creator and a fan. */
export const SessionBody = Type.Object(
  {
    id: Id,
    creator_id: Id,
    fan_id: Id,
    type: SessionType,
    start_time: Moment,
    end_time: MomentOrNull,
  },
  { $id: 'Session', description: 'A session between a creator and a fan; running while `end_time` is null.' },
)

/** What a fan says to start a session. */
export const NewSession = Type.Object(
  { creator_id: Id, type: Type.Optional(SessionType) },
  { additionalProperties: false, examples: [{ creator_id: 1, type: 'video' }] },
)

/** A row of `sessions`, as the data module returns it. */
export interface Session {
  readonly id: number | string
  readonly creator_id: number | string
  readonly fan_id: number | string
  readonly type: (typeof SESSION_TYPES)[number]
  readonly start_time: Date | string
  readonly end_time: Date | string | null
}

/** What the two people of a session see of it. */
export function sessionBody(session: Session): Static<typeof SessionBody> {
  return {
    id: Number(session.id),
    creator_id: Number(session.creator_id),
    fan_id: Number(session.fan_id),
    type: session.type,
    start_time: new Date(session.start_time).toISOString(),
    end_time: session.end_time === null ? null : new Date(session.end_time).toISOString(),
  }
}
