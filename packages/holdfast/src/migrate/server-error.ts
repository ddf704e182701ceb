import { HoldfastError } from '../base/errors.js'

/** The fields of PostgreSQL's error answer that the runner reads. */
export interface ServerError extends Error {
  readonly code?: string
  readonly position?: string
  readonly constraint?: string
}

/** The SQLSTATE of an error, or `undefined` when it did not come from the server. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof HoldfastError) return undefined
  const { code } = error as ServerError
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** lock_not_available and deadlock_detected: another session was in the way, and it is certain that nothing happened. */
const WORTH_ANOTHER_TRY = new Set(['55P03', '40P01'])

/** Whether the same file may succeed in a moment. */
export function isLockConflict(sqlState: string | undefined): boolean {
  return sqlState !== undefined && WORTH_ANOTHER_TRY.has(sqlState)
}
