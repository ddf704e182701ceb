import { fieldValues } from './pg-result.js'
import type { RawField } from './raw-result.js'

/** As many as an application has statements that return rows, and some. */
const MOST_TABLES = 1_000
const tables = new Map<string, readonly RawField[]>()
const keys = new WeakMap<readonly RawField[], string>()

/**
 * The one array for some columns: results of the same statement share their descriptions, which would else be half
 * of what a small result takes. Neither array may be changed afterwards.
 */
export function internFields(fields: readonly RawField[]): readonly RawField[] {
  if (keys.has(fields)) return fields
  const key = fieldsKey(fields)
  const known = tables.get(key)
  if (known !== undefined) return known
  if (tables.size >= MOST_TABLES) tables.delete(tables.keys().next().value as string)
  tables.set(key, fields)
  keys.set(fields, key)
  return fields
}

/** Equal for equal columns only. */
export function fieldsKey(fields: readonly RawField[]): string {
  return keys.get(fields) ?? JSON.stringify(fields.map(fieldValues))
}
