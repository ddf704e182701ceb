import { hash } from 'node:crypto'
import type { KeyedColumn, Operand, ReadDependency, TableInfo } from '../sql/plan.js'
import { TextMemo } from './text-memo.js'

/** Characters of a digest, six bits each. */
const DIGEST_LENGTH = 22

/** The tag that changes with everything that cannot be attributed to rows: every entry on the table has it. */
export function wholeTag(table: TableInfo): string {
  return `${table.oid}:*`
}

/** The tag that every written row touches. */
export function anyTag(table: TableInfo): string {
  return `${table.oid}:any`
}

/**
 * The tag of the rows with one value in a keyed column; `undefined` when the value has no canonical spelling. The value
 * stands in it as its digest: names in Redis are seen by more people than values, and may be of any characters.
 */
export function valueTag(table: TableInfo, column: KeyedColumn, text: string): string | undefined {
  const canonical = column.canonical(text)
  return canonical === undefined ? undefined : `${table.oid}:${column.attnum}=${digest(canonical)}`
}

/**
 * The tags that a read depends on, each once: for every table the whole one, and the narrowest of the others that
 * the parameters allow.
 *
 * @param wide whether the narrow tags cannot be trusted: other processes may not know the keyed columns
 */
export function readTags(
  dependencies: readonly ReadDependency[],
  values: readonly unknown[] | undefined,
  wide: ReadonlySet<number>,
): string[] {
  const names = new Set<string>()
  for (const { table, equality } of dependencies) {
    names.add(wholeTag(table))
    const text =
      equality === undefined || wide.has(table.oid) ? undefined : operandText(equality.operand, values)
    const narrow =
      text === undefined || equality === undefined ? undefined : valueTag(table, equality.column, text)
    names.add(narrow ?? anyTag(table))
  }
  return [...names]
}

/** The text that the server compares with; `undefined` where the driver's conversion is not the obvious one. */
function operandText(operand: Operand, values: readonly unknown[] | undefined): string | undefined {
  if (operand.kind === 'constant') return operand.text
  const value = values?.[operand.index - 1]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

const digests = new TextMemo()

function digest(text: string): string {
  return digests.get(text) ?? digests.keep(text, hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH))
}
