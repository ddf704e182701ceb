import type { QueryResult } from 'pg'
import type { Database } from '../database/database.js'
import { type Count, checkLimit, checkOffset } from '../input/amounts.js'
import { checkId, type Id } from '../input/identifiers.js'
import { type Keyed, type Page, type PageRequest, startOf, toPage } from '../paging/page.js'
import { checkPaid, type Payment } from './payment.js'
import { insertPayment, selectPaymentsAfter, selectPaymentsFrom } from './payment-queries.js'

/** The use cases of payments. A user's payments are those that they made as a fan or received as a creator. */
export interface PaymentService {
  /**
   * Records what a session's fan paid to its creator.
   *
   * @param amount 0 to 1,000,000, rounded to cents; decimal text is exact
   * @param tip as the amount; default 0
   * @throws DigisInputError for an impossible argument; 23503 (missing reference) when there is no such session
   */
  createPayment(session_id: Id, amount: Count, tip?: Count | null): Promise<QueryResult<Payment>>
  /**
   * Newest first. For a user that is not there: no row.
   *
   * @param limit 1 to 1,000; default 50
   */
  getPaymentHistory(user_id: Id, limit?: Count | null, offset?: Count | null): Promise<QueryResult<Payment>>
  /** The same in keyset pages. @throws DigisInputError, also for the cursor of another user */
  listPayments(user_id: Id, page?: PageRequest): Promise<Page<Payment>>
}

export function paymentService(database: Database): PaymentService {
  return {
    async createPayment(session_id, amount, tip) {
      const id = checkId('session_id', session_id)
      return database.run(insertPayment(id, checkPaid('amount', amount), checkPaid('tip', tip ?? 0)))
    },

    async getPaymentHistory(user_id, limit, offset) {
      const id = checkId('user_id', user_id)
      return database.run(selectPaymentsFrom(id, checkLimit(limit ?? 50), checkOffset(offset ?? 0)))
    },

    async listPayments(user_id, { limit, after } = {}) {
      const id = checkId('user_id', user_id)
      const scope = `payments of ${id}`
      const count = checkLimit(limit ?? 20)
      const { rows } = await database.run<Keyed<Payment>>(
        selectPaymentsAfter(id, count + 1, startOf(scope, after)),
      )
      return toPage(scope, rows, count)
    },
  }
}
