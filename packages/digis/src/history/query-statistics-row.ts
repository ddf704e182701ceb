import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'
import { checkText } from '../input/text.js'

/** How one statement fared in one stretch of time. Durations are milliseconds. */
export interface QueryStatisticsRow {
  /** When the stretch began. */
  readonly bucketStart: Date
  /** Which statement it is, without its values: 1 to 128 characters. */
  readonly fingerprint: string
  readonly calls: number
  /** How many of the calls failed. */
  readonly errors: number
  readonly summedTime: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** @throws DigisInputError naming the field, such as `rows[3].p95` */
export function checkRow(row: QueryStatisticsRow, path: string): QueryStatisticsRow {
  if (typeof row !== 'object' || row === null) throw wrong(path, 'an object', row)
  const { bucketStart, fingerprint, calls, errors, summedTime, p50, p95, p99 } = row
  if (!(bucketStart instanceof Date) || Number.isNaN(bucketStart.getTime()))
    throw wrong(`${path}.bucketStart`, 'a Date', bucketStart)
  if (checkText(`${path}.fingerprint`, fingerprint, 128) === '')
    throw wrong(`${path}.fingerprint`, '1 to 128 characters', fingerprint)
  if (!Number.isSafeInteger(calls) || calls < 0) throw wrong(`${path}.calls`, 'a whole number from 0', calls)
  if (!Number.isSafeInteger(errors) || errors < 0 || errors > calls)
    throw wrong(`${path}.errors`, 'a whole number from 0 to `calls`', errors)
  checkDuration(`${path}.summedTime`, summedTime, 0)
  checkDuration(`${path}.p50`, p50, 0)
  checkDuration(`${path}.p95`, p95, p50)
  checkDuration(`${path}.p99`, p99, p95)
  return row
}

function checkDuration(field: string, value: unknown, least: number): void {
  if (typeof value === 'number' && value >= least && value < Number.POSITIVE_INFINITY) return
  throw wrong(field, `milliseconds, a number from ${least}`, value)
}

function wrong(field: string, expected: string, given: unknown): DigisInputError {
  return new DigisInputError({ field, expected, given: describeGiven(given) })
}
