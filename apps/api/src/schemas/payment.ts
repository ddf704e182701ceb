import type { Payment } from '@holdfast/digis'
import Type, { type Static } from 'typebox'
import { amount, Id, Moment, money } from './fields.js'

/** A payment of a fan for a session. */
export const PaymentBody = Type.Object(
  {
    id: Id,
    session_id: Id,
    creator_id: Id,
    fan_id: Id,
    amount: money('The price of the session.', '25.00'),
    tip: money('What came on top.', '5.00'),
    created_at: Moment,
  },
  { $id: 'Payment', description: 'A payment of a fan for a session.' },
)

/** What a fan says to pay. */
export const NewPayment = Type.Object(
  {
    session_id: Id,
    amount: amount('The price of the session.', '25.00'),
    tip: Type.Optional(amount('What comes on top.', '5.00')),
  },
  { additionalProperties: false, examples: [{ session_id: 1, amount: '25.00', tip: '5.00' }] },
)

/** What a creator earned. */
export const EarningsBody = Type.Object(
  {
    total_earnings: money('All payments and tips.', '1250.00'),
    total_payments: Type.Integer({ minimum: 0 }),
    unique_customers: Type.Integer({ minimum: 0 }),
    average_payment: money('The mean of a payment with its tip.', '25.00'),
  },
  { $id: 'Earnings', description: 'What a creator earned in all.' },
)

/** What the two people of a payment see of it. */
export function paymentBody(payment: Payment): Static<typeof PaymentBody> {
  const { id, session_id, creator_id, fan_id, amount, tip, created_at } = payment
  return { id, session_id, creator_id, fan_id, amount, tip, created_at: created_at.toISOString() }
}
