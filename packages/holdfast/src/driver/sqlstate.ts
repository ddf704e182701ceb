import type { ErrorCategory, Retry } from '../base/errors.js'
import { poolerMeaning } from './pooler-errors.js'

interface Meaning {
  readonly category: ErrorCategory
  readonly retry: Retry
}

const meaning = (category: ErrorCategory, retry: Retry): Meaning => ({ category, retry })

/**
 * What an error answer of the server means. The answer itself proves that the statement was not applied, so
 * `safe` where trying again can help and `never` where it cannot.
 *
 * @see PostgreSQL documentation, appendix A, "PostgreSQL Error Codes"
 */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  '08P01': meaning('internal', 'never'),
  '0A000': meaning('syntax', 'never'),
  // RESTRICT, as PostgreSQL 18 reports it; older servers say 23503.
  '23001': meaning('missing-reference', 'never'),
  '23502': meaning('not-null-violated', 'never'),
  '23503': meaning('missing-reference', 'never'),
  '23505': meaning('duplicate', 'never'),
  '23514': meaning('check-violated', 'never'),
  '23P01': meaning('exclusion-violated', 'never'),
  '25006': meaning('read-only', 'never'),
  '25P02': meaning('transaction', 'never'),
  '25P03': meaning('timeout', 'never'),
  '28000': meaning('authentication', 'never'),
  '28P01': meaning('authentication', 'never'),
  '3D000': meaning('undefined-object', 'never'),
  '40001': meaning('conflict', 'safe'),
  '40003': meaning('outcome-unknown', 'unknown'),
  '40P01': meaning('conflict', 'safe'),
  '42501': meaning('permission', 'never'),
  '42601': meaning('syntax', 'never'),
  '42703': meaning('undefined-object', 'never'),
  '42883': meaning('undefined-object', 'never'),
  '42P01': meaning('undefined-object', 'never'),
  '53300': meaning('overloaded', 'safe'),
  '55P03': meaning('lock-unavailable', 'safe'),
  '57014': meaning('cancelled', 'never'),
  '57P01': meaning('shut-down', 'unknown'),
  '57P02': meaning('shut-down', 'unknown'),
  '57P03': meaning('shut-down', 'safe'),
}

/** The first two characters of an SQLSTATE are its class: the meaning where {@link BY_CODE} has none. */
const BY_CLASS: Readonly<Record<string, Meaning>> = {
  '08': meaning('connection-lost', 'unknown'),
  '22': meaning('invalid-input', 'never'),
  '23': meaning('check-violated', 'never'),
  '25': meaning('transaction', 'never'),
  '28': meaning('authentication', 'never'),
  '3F': meaning('undefined-object', 'never'),
  '40': meaning('conflict', 'safe'),
  '42': meaning('syntax', 'never'),
  '53': meaning('resources', 'never'),
  '54': meaning('invalid-input', 'never'),
  '57': meaning('cancelled', 'never'),
  '58': meaning('resources', 'never'),
}

const UNCLASSIFIED = meaning('internal', 'never')

/** Whether a text is an SQLSTATE: five digits or capitals. No class begins with E; the system's EPIPE and EPERM do. */
export function isSqlState(code: unknown): code is string {
  return typeof code === 'string' && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code)
}

/** What an SQLSTATE means. */
export function meaningOf(sqlState: string): Meaning {
  return BY_CODE[sqlState] ?? BY_CLASS[sqlState.slice(0, 2)] ?? UNCLASSIFIED
}

/**
 * The category of any error: one that carries a category, PostgreSQL's by its SQLSTATE, also behind the `cause` of
 * a wrapper such as an ORM's. `undefined` when it is neither.
 */
export function errorCategory(error: unknown): ErrorCategory | undefined {
  let current = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    const { code, category } = current as { code?: unknown; category?: ErrorCategory }
    if (isSqlState(code)) return (poolerMeaning(current) ?? meaningOf(code)).category
    if (typeof category === 'string') return category
    current = current.cause
  }
  return undefined
}

/**
 * Errors about the server's memory of a prepared statement: 0A000 only from the plan cache. One with a context was
 * raised inside a function or procedure, which has its own statements.
 */
export function isStaleStatement(error: unknown): boolean {
  const { code, routine, where } = error as { code?: string; routine?: string; where?: string }
  if (where !== undefined) return false
  if (code === '0A000') return routine === 'RevalidateCachedQuery'
  return code === '26000' || code === '42P05'
}

/** Answers after which the server closes the connection. */
export function isFatal(error: unknown): boolean {
  const severity = (error as { severity?: string }).severity
  return severity === 'FATAL' || severity === 'PANIC'
}
