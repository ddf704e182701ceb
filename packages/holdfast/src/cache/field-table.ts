import { fieldValues } from './pg-result.js'
import type { RawField } from './raw-result.js'

/** As many as an application has statements that return rows, and some. */
const MOST_TABLES = 1_000
const tables = new Map<string, readonly RawField[]>()
const interned = new WeakSet<readonly RawField[]>()

/**
 * The one array for some columns: results of the same statement share their descriptions, which would else be half
 * of what a small result takes. Neither array may be changed afterwards.
 */
export function internFields(fields: readonly RawField[]): readonly RawField[] {
  if (interned.has(fields)) return fields
  const key = JSON.stringify(fields.map(fieldValues))
  const known = tables.get(key)
  if (known !== undefined) return known
  if (tables.size >= MOST_TABLES) tables.delete(tables.keys().next().value as string)
  tables.set(key, fields)
  interned.add(fields)
  return fields
}
