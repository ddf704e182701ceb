import type { Pool } from 'holdfast'
import { databaseOn } from '../database/database.js'
import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'
import { checkText } from '../input/text.js'
import { type Distribution, selectBrokenRules } from './distribution-queries.js'

/** Something in a schema that a distributed database could not keep. */
export interface BrokenRule {
  readonly rule: 'table' | 'column' | 'key' | 'foreign-key' | 'partitions'
  /** The table, index or constraint. */
  readonly subject: string
  readonly problem: string
}

/** How DIGIS is split on Citus, by `layouts/citus.sql`. */
export const CITUS_LAYOUT: Distribution = Object.freeze({
  distributed: Object.freeze(['sessions', 'payments', 'creator_daily_stats']),
  column: 'creator_id',
  reference: Object.freeze(['users']),
})

/**
 * Checks, on any PostgreSQL, whether a schema keeps the rules that Citus has for tables that are split among nodes: the
 * column by which they are split is in each of them, in every key, and in both ends of every foreign key among them; what
 * is on every node refers to nothing that is not.
 *
 * @returns everything that breaks a rule; nothing when it can be split
 * @throws DigisInputError for names that are no text
 */
export async function checkDistribution(
  pool: Pool,
  distribution: Distribution,
): Promise<readonly BrokenRule[]> {
  const { distributed, column, reference = [] } = distribution
  const checked = {
    distributed: checkNames('distributed', distributed),
    column: checkText('column', column, 63),
    reference: checkNames('reference', reference),
  }
  return (await databaseOn(pool).run<BrokenRule>(selectBrokenRules(checked))).rows
}

function checkNames(field: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.map((name, index) => checkText(`${field}[${index}]`, name, 260))
  throw new DigisInputError({ field, expected: 'a list of tables', given: describeGiven(value) })
}
