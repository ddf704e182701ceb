import type { ColumnType } from './column-type.js'
import { namesOf, type Tagged } from './parse.js'
import type { TableRead } from './table-read.js'

/** One item of a FROM list: a table, a view, a sub-query, … */
export interface Source {
  readonly schema: string | undefined
  /** `undefined` when its columns are not known. */
  readonly columns: ReadonlyMap<string, ColumnType> | undefined
  /** Where it is recorded as read, when it is an opted-in table. */
  readonly read: TableRead | undefined
}

/** A column of one item. */
export interface ColumnPlace {
  readonly source: Source
  readonly column: string
  readonly type: ColumnType
}

/** What names mean in a FROM list, or in a part of it. */
export interface Scope {
  /** By alias. */
  readonly sources: ReadonlyMap<string, Source>
  /**
   * What an unqualified name means; `undefined` as a value: more than one thing, or a column of no single item.
   * `undefined` as a whole: some item has unknown columns, so that any name could be its.
   */
  readonly columns: ReadonlyMap<string, ColumnPlace | undefined> | undefined
  /** What names mean that are not here: those of the query around this one. */
  readonly outer: Scope | undefined
}

export const EMPTY_SCOPE: Scope = Object.freeze({ sources: new Map(), columns: new Map(), outer: undefined })

/** The scope of one item under its alias. */
export function scopeOf(alias: string | undefined, source: Source): Scope {
  const sources = new Map(alias === undefined ? [] : [[alias, source]])
  if (source.columns === undefined) return { sources, columns: undefined, outer: undefined }
  const places = [...source.columns].map(([column, type]) => [column, { source, column, type }] as const)
  return { sources, columns: new Map(places), outer: undefined }
}

/** How a join treats the columns that both sides have under one name. */
export interface Merge {
  /** The names in USING, or all common ones for NATURAL. */
  readonly names: readonly string[]
  /** Which side the merged column is of; `undefined`: of none, as in a full join. */
  readonly side: 'left' | 'right' | undefined
}

/** The scope of two items side by side. */
export function besides(left: Scope, right: Scope, merge: Merge = { names: [], side: undefined }): Scope {
  const sources = new Map([...left.sources, ...right.sources])
  const { outer } = left
  if (left.columns === undefined || right.columns === undefined) return { sources, columns: undefined, outer }
  const columns = new Map(left.columns)
  for (const [name, place] of right.columns) columns.set(name, columns.has(name) ? undefined : place)
  for (const name of merge.names) {
    const side = merge.side === 'left' ? left.columns : right.columns
    columns.set(name, merge.side === undefined ? undefined : side.get(name))
  }
  return { sources, columns, outer }
}

/** What a `ColumnRef` refers to, here or in a query around this one; `undefined` when that is not certain. */
export function columnOf(scope: Scope | undefined, reference: Tagged): ColumnPlace | undefined {
  const names = namesOf(reference.fields)
  const column = names.at(-1)
  if (scope === undefined || column === undefined || names.length > 3) return undefined
  return names.length === 1 ? unqualified(scope, column) : qualified(scope, names, column)
}

function unqualified(scope: Scope, column: string): ColumnPlace | undefined {
  if (scope.columns === undefined) return undefined
  if (scope.columns.has(column)) return scope.columns.get(column)
  return scope.outer && unqualified(scope.outer, column)
}

function qualified(
  scope: Scope,
  names: readonly (string | undefined)[],
  column: string,
): ColumnPlace | undefined {
  const source = scope.sources.get(names.at(-2) ?? '')
  if (source === undefined) return scope.outer && qualified(scope.outer, names, column)
  const type = source.columns?.get(column)
  if (type === undefined || (names.length === 3 && source.schema !== names[0])) return undefined
  return { source, column, type }
}
