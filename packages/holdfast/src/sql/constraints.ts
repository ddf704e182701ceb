import type { Catalog } from './catalog.js'
import { operandOf } from './operand.js'
import { bodyOf, namesOf, type Tagged, untag } from './parse.js'
import { type ColumnPlace, columnOf, type Scope, type Source } from './scope.js'
import type { Equality } from './table-read.js'

/** A condition, and for which items of FROM it decides which of their rows matter. */
export interface Condition {
  readonly node: unknown
  readonly scope: Scope
  /** A row of such an item that does not fulfil the condition changes nothing in the result. */
  readonly binds: (source: Source) => boolean
}

/**
 * The equalities that hold in a statement.
 *
 * "Column c of item t equals v" means: rows of t with another value change nothing in the result. It holds for every
 * item that the condition binds. From it and a condition `t.c = s.d` that binds s follows the same for s.d: without
 * the other rows of t, the rows of s with other values find no partner, and what binds s is that they need one. So it
 * does when t belongs to a query around the one that s is in.
 */
export class Constraints {
  readonly #catalog: Catalog
  readonly #known: { place: ColumnPlace; equality: Equality }[] = []
  readonly #links: { from: ColumnPlace; to: ColumnPlace }[] = []

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** Takes what a condition says: the equalities that are ANDed in it. */
  add({ node, scope, binds }: Condition): void {
    for (const [left, right] of equalitiesIn(node)) {
      this.#compare(left, right, { node, scope, binds })
      this.#compare(right, left, { node, scope, binds })
    }
  }

  /** Takes that two columns are equal wherever the second one's row matters. */
  link(from: ColumnPlace, to: ColumnPlace): void {
    if (from.type.family !== undefined && from.type.family === to.type.family) this.#links.push({ from, to })
  }

  /** Records with each table that is read which equalities hold for it. */
  settle(): void {
    const reached = [...this.#known]
    const seen = new Set(reached.map(keyOf))
    // The list grows while it is gone through.
    for (const { place, equality } of reached) {
      place.source.read?.equalities.push({ ...equality, column: place.column })
      for (const { from, to } of this.#links) {
        if (from.source !== place.source || from.column !== place.column) continue
        const next = { place: to, equality }
        if (!seen.has(keyOf(next))) reached.push(next)
        seen.add(keyOf(next))
      }
    }
  }

  #compare(side: unknown, other: unknown, { scope, binds }: Condition): void {
    const place = placeOf(side, scope)
    const family = place?.type.family
    if (place === undefined || family === undefined || !binds(place.source)) return
    const from = placeOf(other, scope)
    if (from !== undefined) return this.link(from, place)
    const operand = operandOf(other, family, this.#catalog)
    if (operand !== undefined)
      this.#known.push({ place, equality: { column: place.column, operand, family } })
  }
}

/** Numbers of the items, so that equal ones are recognised. */
const numbers = new WeakMap<Source, number>()
let lastNumber = 0

function keyOf({ place, equality }: { place: ColumnPlace; equality: Equality }): string {
  const number = numbers.get(place.source) ?? ++lastNumber
  numbers.set(place.source, number)
  const { operand } = equality
  return `${number} ${operand.kind} ${operand.kind === 'parameter' ? operand.index : operand.text} ${place.column}`
}

function placeOf(node: unknown, scope: Scope): ColumnPlace | undefined {
  const reference = bodyOf(node, 'ColumnRef')
  return reference === undefined ? undefined : columnOf(scope, reference)
}

/** The two sides of each `a = b` that a condition demands: never of one under OR, NOT or CASE. */
export function equalitiesIn(condition: unknown): (readonly [left: unknown, right: unknown])[] {
  const found = untag(condition)
  if (found?.[0] === 'BoolExpr' && found[1].boolop === 'AND_EXPR') {
    return (found[1].args as unknown[]).flatMap(equalitiesIn)
  }
  const sides = found?.[0] === 'A_Expr' ? sidesOf(found[1]) : undefined
  return sides === undefined ? [] : [sides]
}

/** The sides of an equality: of `a = b`, or of `a IN (b)`, which is the same. */
export function sidesOf(body: Tagged): readonly [left: unknown, right: unknown] | undefined {
  const names = namesOf(body.name)
  const isEquality = names.at(-1) === '=' && (names.length === 1 || names[0] === 'pg_catalog')
  if (!isEquality) return undefined
  if (body.kind === 'AEXPR_OP') return [body.lexpr, body.rexpr]
  const items = bodyOf(body.rexpr, 'List')?.items as unknown[] | undefined
  return body.kind === 'AEXPR_IN' && items?.length === 1 ? [body.lexpr, items[0]] : undefined
}
