import Type from 'typebox'
import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { CreatorDayBody, creatorDayBody, DaysQuery } from '../schemas/creator-day.js'
import { named } from '../schemas/named.js'
import { problems } from '../schemas/problem.js'

/** Days on which there was nothing are left out. */
const Days = Type.Object(
  { items: Type.Array(named(CreatorDayBody)) },
  { description: 'The days on which there was anything, oldest first.' },
)

/**
 * What a creator did, day by day.
 *
 * `GET /users/me/statistics/daily`
 */
export function creatorDayRoutes(app: App): void {
  const schema = {
    tags: ['Earnings'],
    summary: 'Read the own statistics as a creator, day by day',
    querystring: DaysQuery,
    response: { 200: Days, ...problems('forbidden') },
  }
  app.get('/users/me/statistics/daily', { schema, config: { access: 'creator' } }, async request => {
    const { from, to } = request.query
    const { rows } = await request.digis.getCreatorDays(profileOf(request).id, from, to)
    return { items: rows.map(creatorDayBody) }
  })
}
