import type { QueryArrayResult, QueryConfig, QueryResult } from 'pg'
import type { Limits } from './deadline.js'

/** One query on its way through the pool: resolved, checked, never changed. */
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
  /** It runs in a transaction that this very statement does not commit: a lost connection rolls it back. */
  readonly rolledBackIfLost: boolean
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
