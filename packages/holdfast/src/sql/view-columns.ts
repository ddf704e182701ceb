import { bodyOf, namesOf, type Tagged } from './parse.js'
import { columnOf, type Scope, type Source } from './scope.js'
import type { Place } from './walk.js'

/** What makes one row of the result out of several, or out of others: a condition on it is none on single rows. */
const NOT_ROW_BY_ROW = [
  'distinctClause',
  'groupClause',
  'havingClause',
  'larg',
  'limitCount',
  'limitOffset',
  'valuesLists',
  'windowClause',
]

/**
 * Lets an equality of a view's column hold for the column of the table that it shows, as if it stood in the view's
 * own WHERE. Only where the view shows row by row what it selects; it must have been walked before.
 *
 * @param query the fields of the view's query
 */
export function passInto(view: Source, query: Tagged, { findings, constraints }: Place): void {
  const scope = findings.scopes.get(query)
  if (scope === undefined || !isRowByRow(query)) return
  for (const node of (query.targetList as unknown[] | undefined) ?? [])
    passColumn(view, node, { scope, constraints })
}

function isRowByRow(query: Tagged): boolean {
  // Aggregates, window functions and functions that return sets are all calls.
  const calls = /"(?:FuncCall|Json\w*Agg)"/.test(JSON.stringify(query.targetList ?? []))
  return !calls && NOT_ROW_BY_ROW.every(field => query[field] === undefined)
}

interface Inside {
  readonly scope: Scope
  readonly constraints: Place['constraints']
}

function passColumn(view: Source, node: unknown, { scope, constraints }: Inside): void {
  const { name, val } = bodyOf<{ name?: string; val?: Tagged }>(node, 'ResTarget') ?? {}
  const reference = bodyOf(val, 'ColumnRef')
  const shown = reference && columnOf(scope, reference)
  const column = name ?? namesOf(reference?.fields).at(-1) ?? ''
  const type = view.columns?.get(column)
  if (shown !== undefined && type !== undefined) {
    constraints.link({ source: view, column, type }, shown)
  }
}
