import { bodyOf, type Tagged } from './parse.js'
import type { Place, Walk, WithNames } from './walk.js'

/**
 * Walks the queries of a WITH clause.
 *
 * @param clause the fields of the clause, or nothing
 * @returns the names that the statement with this clause can see
 */
export function withClause(clause: unknown, place: Place, walk: Walk): WithNames | undefined {
  const { ctes = [], recursive = false } = (clause ?? {}) as { ctes?: Tagged[]; recursive?: boolean }
  if (ctes.length === 0) return place.withNames
  const names = ctes.map(node => String(bodyOf(node, 'CommonTableExpr')?.ctename))
  const visible = (count: number): WithNames => ({
    names: new Set(names.slice(0, count)),
    outer: place.withNames,
  })
  for (const [index, node] of ctes.entries()) {
    // Without RECURSIVE a query sees only those before it: its own name means a table.
    const withNames = visible(recursive ? names.length : index)
    walk.visit(node, { ...place, withNames, scope: undefined })
  }
  return visible(names.length)
}
