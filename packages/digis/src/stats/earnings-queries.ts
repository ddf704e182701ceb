import { STATISTICS } from '../cache/lifetimes.js'
import type { Statement } from '../database/database.js'

/** One row, also of a creator whom nobody has paid. What is pending, failed or refunded was not earned. */
export function selectEarnings(creatorId: string): Statement {
  return {
    text: `SELECT coalesce(sum(amount + tip), 0.00) AS total_earnings,
                  count(*) AS total_payments,
                  count(DISTINCT fan_id) AS unique_customers,
                  round(coalesce(avg(amount + tip), 0), 2) AS average_payment
             FROM payments WHERE creator_id = $1 AND status = 'completed'`,
    values: [creatorId],
    readOnly: true,
    cache: STATISTICS,
  }
}
