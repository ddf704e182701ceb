import { checkMoney } from '../input/amounts.js'

/** A row of `payments`. */
export interface Payment {
  readonly id: number
  readonly session_id: number
  /** The two people of the session. */
  readonly creator_id: number
  readonly fan_id: number
  /** Decimal text with two places, as pg returns a numeric: exact. */
  readonly amount: string
  readonly tip: string
  readonly created_at: Date
  readonly updated_at: Date
}

/** The most that one payment's amount or tip can be. The database has the same bound in its constraints. */
export const MAX_PAYMENT = 1_000_000

/** @throws DigisInputError for anything but 0 to {@link MAX_PAYMENT} */
export function checkPaid(field: 'amount' | 'tip', value: unknown): string {
  return checkMoney(field, value, MAX_PAYMENT)
}
