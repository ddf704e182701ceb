import type { QueryExtras } from 'holdfast'
import type { CustomTypesConfig, QueryResult, QueryResultRow } from 'pg'
import { numberTypes } from './number-types.js'

/** One statement of DIGIS. */
export interface Statement {
  readonly text: string
  readonly values: unknown[]
  /** It changes nothing: Holdfast may run it again when a connection is lost. */
  readonly readOnly?: boolean
  /** Applying it twice is the same as once. */
  readonly idempotent?: boolean
  /** How long its result may be kept, where that is not as its tables say. Frozen. */
  readonly cache?: NonNullable<QueryExtras['cache']>
}

/** All that the use cases need of a database. */
export interface Database {
  /** Whether reads are cached at this moment. Never inside a transaction. */
  readonly cached: boolean
  run<R extends QueryResultRow>(statement: Statement): Promise<QueryResult<R>>
}

/** What every statement of a {@link Database} is sent with. */
export interface Limits {
  /** For each statement, waiting for a connection included: milliseconds, or `'2s'`. Default: the pool's. */
  readonly timeout?: NonNullable<QueryExtras['timeout']>
  /** Cancels on the server when it fires. */
  readonly signal?: AbortSignal
}

type Config = Statement & Limits & { types: CustomTypesConfig }

/** A pool, a client or a transaction: whatever runs a query. */
export interface QueryRunner {
  query<R extends QueryResultRow>(config: Config): Promise<QueryResult<R>>
}

/** How a {@link Database} is to be. */
export interface DatabaseOptions extends Limits {
  /** Asked for each call that depends on it. Default: never. */
  readonly isCached?: () => boolean
}

/** A {@link Database} on whatever runs queries; the keys of its rows are numbers, whatever the runner's types. */
export function databaseOn(
  runner: QueryRunner,
  { isCached = () => false, ...limits }: DatabaseOptions = {},
): Database {
  return {
    get cached() {
      return isCached()
    },
    run: <R extends QueryResultRow>(statement: Statement) =>
      runner.query<R>({ ...statement, ...limits, types: numberTypes }),
  }
}
