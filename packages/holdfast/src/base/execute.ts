import type { QueryArrayResult, QueryConfig, QueryResult } from 'pg'
import type { Limits } from './deadline.js'
import type { Identity } from './identity.js'
import type { WalPosition } from './lsn.js'
import type { QueryTrace } from './query-trace.js'

/**
 * One query on its way through the pool: resolved, checked, never changed. It has all its properties from the start,
 * `undefined` where nothing is said: a copy by spread that gains a property costs fifty times one that does not.
 */
export interface QueryRequest extends Limits {
  /** When the call was made, in milliseconds on the clock. */
  readonly startedAt: number
  /** What goes to the driver: the SQL, or pg's query config with text, values, name, rowMode, types, … */
  readonly config: string | QueryConfig
  /** Overrides the values of the config, as pg's second argument does. */
  readonly values: unknown[] | undefined
  /** The caller says it changes nothing, so a lost answer is no lost write. */
  readonly readOnly: boolean
  /** The caller says that applying it twice is the same as once. */
  readonly idempotent: boolean
  /** It only reads, but not from a replica: what it reads has to be the latest. */
  readonly primary?: boolean | undefined
  /** A replica that answers has to be this far at least; absent: as far as the writes of this pool. */
  readonly after?: WalPosition | undefined
  /** Goes through the connection's guard: it may write, or change the session. */
  readonly guarded?: boolean | undefined
  /** `false`: its first failure is its last. */
  readonly retry?: false | undefined
  /** What the caller says about caching; read by the cache alone. */
  readonly cache?: unknown
  /** What the cache has found out before there was a request; read by the cache alone. */
  readonly asked?: unknown
  /** It runs in a transaction that this very statement does not commit: a lost connection rolls it back. */
  readonly rolledBackIfLost: boolean
  /** On whose behalf it runs: never outside of a transaction that this identity was handed over to. */
  readonly identity?: Identity
  /** Handed the rows as the server sent them, besides the parsing of the driver; before the result is. */
  readonly capture?: RawCapture | undefined
  /** Statements that go to the server in the same flush, before and after this one. */
  readonly frame?: QueryFrame | undefined
  /** What observers are told at the end; absent while nobody observes. */
  readonly trace?: QueryTrace | undefined
}

/**
 * Takes a result as the server sent it. Only for a single statement whose results come in text format: for a result
 * with a column in binary format it stays empty.
 */
export interface RawCapture {
  /** Column descriptions as pg's driver has them. */
  fields: readonly object[]
  readonly rows: (string | null)[][]
  /** Filled: the session of the connection that answered. Results of different sessions may differ. */
  session: string
}

/**
 * Statements around a query that share its flush, so that they cost no round trip of their own. They use the
 * extended protocol without parameters. When the query or one of them fails, those after it are skipped by the server,
 * and the transaction that a leading BEGIN opened is left failed: the caller rolls it back.
 */
export interface QueryFrame {
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** How many columns at the end of each row are kept from the caller and put into {@link QueryFrame.hidden}. */
  readonly hiddenColumns: number
  /** The query has no rows of its own: they are all hidden, and the result looks as without RETURNING. */
  readonly hidesRows: boolean
  /** Filled: the hidden columns of each row. */
  readonly hidden: (string | null)[][]
  /** Filled: the rows of each statement of `before`, then of `after`, as text. */
  readonly answers: (string | null)[][][]
}

/** pg's result; an array of them for a text of several statements, as pg returns it. */
export type Result = QueryResult | QueryArrayResult

/** Runs one request to its end. */
export type Execute = (request: QueryRequest) => Promise<Result>

/** Wraps an {@link Execute}: the whole path of a query is one visible list of these. */
export type Interceptor = (next: Execute) => Execute

/** Composes interceptors around an innermost step; the first of the list is the outermost. */
export function compose(interceptors: readonly Interceptor[], innermost: Execute): Execute {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), innermost)
}
