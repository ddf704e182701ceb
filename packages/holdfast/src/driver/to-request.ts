import type { QueryConfig } from 'pg'
import type { QueryCacheOptions } from '../base/cache-options.js'
import { deadlineAfter } from '../base/deadline.js'
import { type Duration, describeGiven, parseDuration } from '../base/duration.js'
import { HoldfastError } from '../base/errors.js'
import type { QueryRequest } from '../base/execute.js'
import { parseToken } from '../base/lsn.js'
import { checkPriority, type Priority } from '../base/priority.js'
import type { QueryTrace } from '../base/query-trace.js'

/** What Holdfast adds to pg's query config. */
export interface QueryExtras {
  /** Time for the whole call, waiting for a connection included. Default: the pool's `query_timeout`. */
  timeout?: Duration
  /** pg's name for `timeout`, in milliseconds. */
  query_timeout?: number
  /** Cancels the query on the server when it fires. */
  signal?: AbortSignal
  /** It changes nothing: safe to run again when the connection is lost, and fit for a replica. Default: false. */
  readOnly?: boolean
  /** Applying it twice is the same as once. Default: false. */
  idempotent?: boolean
  /** `false`: never tried again. Default: by the option `retry` of the pool. */
  retry?: false
  /** Who goes first, and who is turned away, when not all can be served. Default: `normal`. */
  priority?: Priority
  /**
   * With `readOnly` on a pool with replicas: a replica that answers has to have seen what was written up to this token of
   * `pool.writeToken()`, of this process or another. Default: what was written through this pool.
   */
  after?: string
  /** Whether and how its result is cached. Default: by the options of the pool and its tables. */
  cache?: QueryCacheOptions
}

/** The limits that hold when a call names none. */
export interface RequestDefaults {
  readonly now: number
  /** Milliseconds; 0: none. */
  readonly queryTimeout: number
  /** Absent: nobody observes it. */
  readonly trace?: QueryTrace | undefined
  readonly asked?: unknown
}

/**
 * Resolves the arguments of a `query` call, once.
 *
 * @throws HoldfastError `HOLDFAST_INVALID_QUERY` for what cannot be sent, OptionsError for an impossible extra
 */
export function toRequest(
  config: string | (QueryConfig & QueryExtras),
  values: unknown[] | undefined,
  defaults: RequestDefaults,
): QueryRequest {
  checkQuery(config, values)
  const extras: QueryExtras = typeof config === 'string' ? NO_EXTRAS : config
  return {
    config,
    values,
    startedAt: defaults.now,
    deadline: deadlineAfter(defaults.now, timeoutOf(extras) ?? defaults.queryTimeout),
    signal: checkSignal(extras.signal),
    readOnly: extras.readOnly === true,
    idempotent: extras.idempotent === true,
    rolledBackIfLost: false,
    priority: extras.priority === undefined ? undefined : checkPriority(extras.priority),
    primary: undefined,
    after: extras.after === undefined ? undefined : parseToken(extras.after, 'after'),
    guarded: undefined,
    retry: extras.retry === false ? false : undefined,
    cache: extras.cache,
    asked: defaults.asked,
    capture: undefined,
    frame: undefined,
    trace: defaults.trace,
  }
}

const NO_EXTRAS: QueryExtras = Object.freeze({})

/** The protocol counts parameters in 16 bits; pg would send the count modulo 65,536. */
const MOST_PARAMETERS = 65_535

/** Refuses what would corrupt the protocol stream instead of failing: on the wire, text ends at the first NUL. */
function checkQuery(config: string | QueryConfig, given: unknown[] | undefined): void {
  if (config === null || config === undefined) throw invalid('expected SQL text or { text, values }')
  // A function has a name, as a prepared statement has.
  if (typeof config === 'function') throw invalid('expected SQL text or { text, values }, given a function')
  const { text, name, values } = typeof config === 'string' ? { text: config } : config
  if (typeof text !== 'string' && typeof name !== 'string') {
    throw invalid(`expected SQL text or { text, values }, given ${describeGiven(text ?? config)}`)
  }
  if (text?.includes('\0')) throw invalid('the SQL contains a NUL character')
  if (name?.includes('\0')) throw invalid("the statement's name contains a NUL character")
  const count = (given ?? values)?.length ?? 0
  if (count > MOST_PARAMETERS) {
    throw invalid(
      `${count} parameters are more than the protocol's ${MOST_PARAMETERS}; pass one array instead`,
    )
  }
}

function invalid(reason: string): HoldfastError {
  return new HoldfastError('HOLDFAST_INVALID_QUERY', `The query cannot be sent: ${reason}.`)
}

function timeoutOf({ timeout, query_timeout: alias }: QueryExtras): number | undefined {
  if (timeout !== undefined) return parseDuration(timeout, 'timeout')
  return alias === undefined ? undefined : parseDuration(alias, 'query_timeout')
}

function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || typeof signal.addEventListener === 'function') return signal
  throw invalid(`signal must be an AbortSignal, given ${describeGiven(signal)}`)
}
