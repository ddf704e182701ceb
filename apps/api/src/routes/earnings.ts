import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { only } from '../only.js'
import { named } from '../schemas/named.js'
import { EarningsBody } from '../schemas/payment.js'
import { problems } from '../schemas/problem.js'

/**
 * What a creator earned.
 *
 * `GET /users/me/earnings`
 */
export function earningRoutes(app: App): void {
  const schema = {
    tags: ['Earnings'],
    summary: 'Read the own earnings as a creator',
    response: { 200: named(EarningsBody), ...problems('forbidden') },
  }
  // Amounts come from the database as exact text and go out so.
  app.get('/users/me/earnings', { schema, config: { access: 'creator' } }, async request => {
    const earned = only(await request.digis.getCreatorEarnings(profileOf(request).id))
    const { total_earnings, total_payments, unique_customers, average_payment } = earned
    return { total_earnings, total_payments, unique_customers, average_payment }
  })
}
