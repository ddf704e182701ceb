import Type, { type Static } from 'typebox'
import { Id, Moment, money } from './fields.js'

/** A payment of a fan for a session. */
export const PaymentBody = Type.Object(
  {
    id: Id,
    session_id: Id,
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
    amount: money('The price of the session.', '25.00'),
    tip: Type.Optional(money('What comes on top.', '5.00')),
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

/** A row of `payments`, as the data module returns it. */
export interface Payment {
  readonly id: number | string
  readonly session_id: number | string
  readonly amount: number | string
  readonly tip: number | string | null
  readonly created_at: Date | string
}

/** What the two people of a payment see of it. */
export function paymentBody(payment: Payment): Static<typeof PaymentBody> {
  return {
    id: Number(payment.id),
    session_id: Number(payment.session_id),
    amount: decimal(payment.amount),
    tip: decimal(payment.tip),
    created_at: new Date(payment.created_at).toISOString(),
  }
}

/** Money with two decimals; nothing is nought. */
export function decimal(amount: number | string | null): string {
  return Number(amount ?? 0).toFixed(2)
}
