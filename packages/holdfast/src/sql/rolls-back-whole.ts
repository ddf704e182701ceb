import { parse } from './parse.js'
import { loadParser } from './parser.js'

/** Statements that commit with their transaction and never within: no procedure, no block, no maintenance. */
const WITHIN_ONE_TRANSACTION = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

/**
 * Whether an error of a text proves that nothing of it was applied, when it was sent alone. It does not when the text
 * may have committed a part of itself before: COMMIT between statements or in a procedure, or what runs in several
 * transactions.
 *
 * @returns `false` also for a text that cannot be parsed
 */
export async function rollsBackWhole(text: string | undefined): Promise<boolean> {
  if (text === undefined) return false
  await loadParser()
  const { statements } = parse(text)
  return statements?.every(({ tag }) => WITHIN_ONE_TRANSACTION.has(tag)) ?? false
}
