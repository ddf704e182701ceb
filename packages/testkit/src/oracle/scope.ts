import type { Kind } from './kind.js'

/** A column that an expression may name. */
export interface Visible {
  /** What it is called there: `x.a`, or `a`. */
  readonly reference: string
  /** Columns of one type are compared with each other. */
  readonly kind: Kind
}

/** What an expression may name: the columns of its own FROM, and those of the queries around it. */
export interface Scope {
  /** In the order of the list. */
  readonly own: readonly Visible[]
  /** The nearest first. */
  readonly outer: readonly Visible[]
  /** How many queries may still be nested into it. */
  readonly depth: number
}

/** That of a query of its own. */
export const NOTHING_AROUND: Scope = { own: [], outer: [], depth: 2 }

/** The scope of a query within another one. */
export function inside({ own, outer, depth }: Scope): Scope {
  return { own: [], outer: [...own, ...outer], depth: depth - 1 }
}

/** The scope once more columns can be named. */
export function withColumns(scope: Scope, own: readonly Visible[]): Scope {
  return { ...scope, own: [...scope.own, ...own] }
}
