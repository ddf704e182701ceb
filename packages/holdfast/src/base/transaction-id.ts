import { OutcomeUnknownError } from './errors.js'

/** A transaction that the server has given an id. */
export interface TransactionId {
  /** As `pg_xact_status` takes it. */
  readonly xid: string
  /**
   * Of the server, as seen before the id was given. In another one the same id may be that of another transaction: on
   * the timeline of a promoted standby, or after a crash, when nothing of the first had reached the disk.
   */
  readonly epoch: string
}

/** Kept beside the errors, so that they show nothing but the id. */
const KNOWN = new WeakMap<object, TransactionId>()

/** Writes down which transaction an error left undecided. The first to know it is right. */
export function noteTransaction(error: unknown, id: TransactionId | undefined): void {
  if (id === undefined || typeof error !== 'object' || error === null || KNOWN.has(error)) return
  KNOWN.set(error, id)
  if (error instanceof OutcomeUnknownError) error.xid = id.xid
}

/** The transaction that an error, or one that it wraps, has left undecided. */
export function transactionOf(error: unknown): TransactionId | undefined {
  let current = error
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
    const known = KNOWN.get(current)
    if (known !== undefined) return known
    current = (current as { cause?: unknown }).cause
  }
  return undefined
}

/**
 * SQL that tells the epoch of a server, allowed to everybody; null on a standby, which commits nothing, and before
 * PostgreSQL 15, which does not tell. The counters of the server begin anew after a crash, and only then.
 */
export const SERVER_EPOCH = `CASE WHEN NOT pg_is_in_recovery() AND current_setting('server_version_num')::int >= 150000 THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()) END`
