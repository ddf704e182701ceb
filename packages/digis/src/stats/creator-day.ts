import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'

/** What a creator did on one day of UTC. Money is decimal text with two places: exact. */
export interface CreatorDay {
  /** `YYYY-MM-DD`. */
  readonly day: string
  readonly payments: number
  readonly amount: string
  readonly tips: string
  /** Those that started on that day. */
  readonly sessions: number
  readonly ended_sessions: number
  /** Of those that have ended; decimal text with six places. */
  readonly session_seconds: string
}

/** The most days that one call returns. */
export const MAX_DAYS = 1_000

/** A first and a last day, both included. */
export interface Days {
  readonly from: string
  readonly to: string
}

const DAY_MILLIS = 86_400_000

/** @throws DigisInputError for what is no day, and for more than {@link MAX_DAYS} of them */
export function checkDays(from: unknown, to: unknown): Days {
  const days = { from: checkDay('from', from), to: checkDay('to', to) }
  const count = (Date.parse(days.to) - Date.parse(days.from)) / DAY_MILLIS + 1
  if (count >= 1 && count <= MAX_DAYS) return days
  const expected = `a day that makes 1 to ${MAX_DAYS} days with \`from\``
  throw new DigisInputError({ field: 'to', expected, given: `${count} days` })
}

function checkDay(field: string, value: unknown): string {
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && value >= '0001' && isRealDay(value))
    return value
  throw new DigisInputError({ field, expected: "a day such as '2026-01-31'", given: describeGiven(value) })
}

/** Whether the calendar has it: JavaScript may take a 31st of February for a day in March. */
function isRealDay(day: string): boolean {
  const date = new Date(day)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}
