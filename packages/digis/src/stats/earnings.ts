/** What a creator earned in all, tips included. Money is decimal text with two places: exact. */
export interface Earnings {
  readonly total_earnings: string
  readonly total_payments: number
  /** How many different fans paid. */
  readonly unique_customers: number
  readonly average_payment: string
}
