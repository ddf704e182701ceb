import type { Duration } from './duration.js'
import { duration, integer, nested, ofType, type Rule } from './option-rules.js'

/** What the pool does when more is asked of it than the database can serve. */
export interface OverloadOptions {
  /** Callers that may wait for a connection. Default: 1,000. */
  maxWaiting?: number
  /**
   * The wait for a connection that is taken for overload, when even the shortest wait of an interval is longer. 0: never
   * shed. Default: half of the time that each caller can wait at most.
   */
  target?: Duration
  /** How long waits must stay above `target` before calls are shed. Default: 100 ms. */
  interval?: Duration
  /** Connections that only `critical` calls may use. Default: 0. */
  reserved?: number
  /** Uses fewer connections than `max` while latency says that the database is the bottleneck. Default: false. */
  adaptive?: boolean
  /**
   * Processes that run a pool like this one: `max` times this is compared with what the server allows. Default: 1; 0:
   * it is not looked at.
   */
  instances?: number
}

/** The same, resolved. Durations in milliseconds. */
export interface OverloadSettings {
  readonly maxWaiting: number
  /** Absent: half of each caller's time. Infinite: never. */
  readonly target: number | undefined
  readonly interval: number
  readonly reserved: number
  readonly adaptive: boolean
  readonly instances: number
}

/** Checks the option `overload`. */
export const overloadOption: Rule = nested({
  maxWaiting: integer(0),
  target: duration,
  interval: duration,
  reserved: integer(0, 10_000),
  adaptive: ofType('boolean'),
  instances: integer(0, 1_000_000),
})

/** Fills in the defaults; `false`: as many callers as come may wait, and nobody is turned away. */
export function resolveOverload(options: OverloadOptions | false | undefined): OverloadSettings {
  const isOff = options === false
  const given = options || {}
  const target = given.target as number | undefined
  return Object.freeze({
    maxWaiting: isOff ? Number.POSITIVE_INFINITY : (given.maxWaiting ?? 1_000),
    target: isOff || target === 0 ? Number.POSITIVE_INFINITY : target,
    interval: (given.interval as number | undefined) ?? 100,
    reserved: given.reserved ?? 0,
    adaptive: given.adaptive ?? false,
    instances: isOff ? 0 : (given.instances ?? 1),
  })
}
