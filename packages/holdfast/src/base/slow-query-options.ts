import { type Duration, describeGiven } from './duration.js'
import { OptionsError } from './errors.js'
import { duration, integer, nested, ofType, type Rule } from './option-rules.js'

/** Which queries are slow, and what is told of them. */
export interface SlowQueryOptions {
  /** From call to result, waiting for a connection included. Default: 1 s. */
  threshold?: Duration
  /**
   * Asks for the plan of a slow statement by EXPLAIN, which runs nothing, at most once a minute for each statement: in a
   * read-only transaction with a timeout, on a connection that nobody waits for. Default: false.
   */
  plan?: boolean
  /**
   * How the caller is found. `awaited`: from who awaits the result, which costs nothing. `call`: from the stack of the call,
   * which also sees callbacks and costs about 5 µs of every query. Default: `awaited`.
   */
  location?: 'awaited' | 'call'
  /** Lines a minute; more are counted, and the next line tells how many were left out. Default: 60. */
  linesPerMinute?: number
}

/** The same, resolved. Durations in milliseconds. */
export interface SlowQuerySettings {
  readonly threshold: number
  readonly plan: boolean
  readonly location: 'awaited' | 'call'
  readonly linesPerMinute: number
}

const location: Rule = (value, path) => {
  if (value === 'awaited' || value === 'call') return value
  throw new OptionsError(path, "'awaited' or 'call'", describeGiven(value))
}

/** Checks the option `slowQuery`. */
export const slowQueryOption: Rule = nested({
  threshold: duration,
  plan: ofType('boolean'),
  location,
  linesPerMinute: integer(0, 1_000_000),
})

/** Fills in the defaults; `undefined`: nobody looks for slow queries. */
export function resolveSlowQuery(
  options: SlowQueryOptions | false | undefined,
): SlowQuerySettings | undefined {
  if (options === false) return undefined
  return Object.freeze({
    threshold: (options?.threshold as number | undefined) ?? 1_000,
    plan: options?.plan ?? false,
    location: options?.location ?? 'awaited',
    linesPerMinute: options?.linesPerMinute ?? 60,
  })
}
