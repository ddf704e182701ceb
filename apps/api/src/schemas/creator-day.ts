import { type CreatorDay, MAX_DAYS } from '@holdfast/digis'
import Type, { type Static } from 'typebox'
import { day, money } from './fields.js'

/** What a creator did on one day. */
export const CreatorDayBody = Type.Object(
  {
    day: day('A day of UTC.'),
    payments: Type.Integer({ minimum: 0 }),
    amount: money('The prices of the sessions that were paid for.', '25.00'),
    tips: money('What came on top.', '5.00'),
    sessions: Type.Integer({ minimum: 0, description: 'Those that started on that day.' }),
    ended_sessions: Type.Integer({ minimum: 0, description: 'Of these, those that have ended.' }),
    session_seconds: Type.String({
      pattern: '^\\d+\\.\\d{6}$',
      description: 'How long these took together.',
      examples: ['3600.500000'],
    }),
  },
  { $id: 'CreatorDay', description: 'What a creator did on one day of UTC.' },
)

/** From when to when. Whether the calendar has the days, and how many there may be, is the data module's own question. */
export const DaysQuery = Type.Object(
  {
    from: day('The first day.'),
    to: day(`The last day, at most ${MAX_DAYS} days in all.`),
  },
  { additionalProperties: false },
)

/** What the creator sees of a day. */
export function creatorDayBody(row: CreatorDay): Static<typeof CreatorDayBody> {
  const { day, payments, amount, tips, sessions, ended_sessions, session_seconds } = row
  return { day, payments, amount, tips, sessions, ended_sessions, session_seconds }
}
