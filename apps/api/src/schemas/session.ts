import { SESSION_TYPES, type Session } from '@holdfast/digis'
import Type, { type Static } from 'typebox'
import { Id, Moment, MomentOrNull } from './fields.js'

/** The same list as in the database. */
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

/** What the two people of a session see of it. */
export function sessionBody(session: Session): Static<typeof SessionBody> {
  const { id, creator_id, fan_id, type, start_time, end_time } = session
  return {
    id,
    creator_id,
    fan_id,
    type,
    start_time: start_time.toISOString(),
    end_time: end_time?.toISOString() ?? null,
  }
}
