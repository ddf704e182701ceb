import { integer, nested, type Rule } from './option-rules.js'

/** What `pool.stats()` and `pool.statements()` count. */
export interface StatisticsOptions {
  /** Statements that are told apart; beyond, those that took the least time are forgotten. Default: 1,000. */
  statements?: number
}

/** The same, resolved. */
export interface StatisticsSettings {
  readonly statements: number
}

/** Checks the option `statistics`. */
export const statisticsOption: Rule = nested({ statements: integer(1, 100_000) })

/** Fills in the defaults; `undefined`: nothing is counted by statement. */
export function resolveStatistics(
  options: StatisticsOptions | false | undefined,
): StatisticsSettings | undefined {
  return options === false ? undefined : Object.freeze({ statements: options?.statements ?? 1_000 })
}
