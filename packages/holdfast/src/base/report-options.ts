import type { Duration } from './duration.js'
import { duration, fraction, nested, type Rule } from './option-rules.js'

/** When a pool is called busy, and for how long it has to be. */
export interface UtilizationAlertOptions {
  /** Connections in use, as a part of `max` from 0 to 1. Default: 0.8. */
  above?: number
  /** How long it has to last before it is told; the end of it too. Default: 10 s. */
  sustained?: Duration
}

/** The same, resolved. Milliseconds. */
export interface UtilizationAlertSettings {
  readonly above: number
  readonly sustained: number
}

/** Checks the option `utilizationAlert`. */
export const utilizationAlertOption: Rule = nested({ above: fraction, sustained: duration })

/** Fills in the defaults; `undefined`: nobody looks. */
export function resolveUtilizationAlert(
  options: UtilizationAlertOptions | false | undefined,
): UtilizationAlertSettings | undefined {
  if (options === false) return undefined
  const sustained = (options?.sustained as number | undefined) ?? 10_000
  return Object.freeze({ above: options?.above ?? 0.8, sustained })
}

/** Milliseconds between two lines; 0: none. By itself a pool reports in production only. */
export function resolveReportEvery(
  given: Duration | false | undefined,
  { NODE_ENV }: Readonly<Record<string, string | undefined>>,
): number {
  if (given === false) return 0
  return (given as number | undefined) ?? (NODE_ENV === 'production' ? 60_000 : 0)
}
