import { nested, ofType, type Rule } from './option-rules.js'

/** What is told to OpenTelemetry. */
export interface TelemetryOptions {
  /** A span for each logical query. Default: true. */
  traces?: boolean
  /** Metrics of the pool. Default: true. */
  metrics?: boolean
  /**
   * Sends the trace context with each statement, as a comment `traceparent` behind its text, so that the server's log and
   * `pg_stat_activity` lead to the trace. Named statements get none: their text must not change. Default: false.
   */
  sqlComments?: boolean
}

/** The same, resolved. */
export interface TelemetrySettings {
  readonly traces: boolean
  readonly metrics: boolean
  readonly sqlComments: boolean
}

const optionsRule = nested({
  traces: ofType('boolean'),
  metrics: ofType('boolean'),
  sqlComments: ofType('boolean'),
})

/** Checks the option `telemetry`. */
export const telemetryOption: Rule = (value, path) => (value === true ? {} : optionsRule(value, path))

/** Fills in the defaults; `undefined`: OpenTelemetry is not even looked for. */
export function resolveTelemetry(
  options: TelemetryOptions | boolean | undefined,
): TelemetrySettings | undefined {
  if (options === undefined || options === false) return undefined
  const { traces = true, metrics = true, sqlComments = false } = options === true ? {} : options
  return Object.freeze({ traces, metrics, sqlComments })
}
