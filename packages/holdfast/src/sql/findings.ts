import type { KeyedColumn, ReadDependency, UncacheableReason, WriteTarget } from './plan.js'
import type { Scope } from './scope.js'
import type { Equality, TableRead } from './table-read.js'

/** From the reason that outweighs all others to the one that is only named when nothing else is wrong. */
const BY_WEIGHT: readonly UncacheableReason[] = [
  'not-understood',
  'several-statements',
  'not-a-select',
  'writable-cte',
  'row-locks',
  'catalog-table',
  'unknown-relation',
  'temporary-table',
  'foreign-table',
  'unlogged-table',
  'multiple-inheritance',
  'table-not-opted-in',
  'row-level-security',
  'not-immutable-function',
  'time-dependent',
  'no-table',
]

/** What the walk through one statement has found so far. */
export class Findings {
  readonly reads: TableRead[] = []
  readonly targets: WriteTarget[] = []
  /** It has parts that write, whether or not into an opted-in table. */
  writes = false
  /** Something that might write though it looks like a read. */
  mayWrite = false
  changesSession = false
  /** A policy of a table that it reads asks for settings of the session, such as claims. */
  readsClaims = false
  /** The policies and functions that have been followed already. */
  readonly followed: Set<string>
  /** Something is written of which it is not certain that it changes nothing else. */
  writesUnknown = false
  /** What names mean in the FROM of each query, by its node. */
  readonly scopes = new WeakMap<object, Scope>()
  readonly #reasons = new Map<UncacheableReason, string>()
  /** The families of types in which each parameter is used; `unknown` where that is not known. */
  readonly #parameters = new Map<number, Set<string>>()

  /** @param followed shared with the query that these findings are a part of */
  constructor(followed = new Set<string>()) {
    this.followed = followed
  }

  /** Notes why the result may not be kept; `detail` is a sentence without a full stop that names what. */
  refuse(reason: UncacheableReason, detail: string): void {
    if (!this.#reasons.has(reason)) this.#reasons.set(reason, detail)
  }

  target(target: WriteTarget): void {
    this.writes = true
    this.targets.push(target)
  }

  /** Notes in which family of types a parameter is used. */
  parameter(index: number, family: string | undefined): void {
    const families = this.#parameters.get(index) ?? new Set()
    this.#parameters.set(index, families.add(family ?? 'unknown'))
  }

  /** The weightiest reason against keeping the result, with its detail; nothing when there is none. */
  verdict(): { uncacheable: UncacheableReason | undefined; detail: string | undefined } {
    const uncacheable = BY_WEIGHT.find(reason => this.#reasons.has(reason))
    return { uncacheable, detail: uncacheable && this.#reasons.get(uncacheable) }
  }

  /** What was read, each time with the most useful of its equalities. */
  dependencies(): ReadDependency[] {
    return this.reads.map(read => Object.freeze({ table: read.table, equality: this.#best(read) }))
  }

  #best({ table, equalities }: TableRead): ReadDependency['equality'] {
    for (const column of table.keyed) {
      const found = equalities.find(each => each.column === column.name && this.#holds(each, column))
      if (found !== undefined) return Object.freeze({ column, operand: found.operand })
    }
    return undefined
  }

  /**
   * A parameter has one type for the whole statement. Were it another one than the column's, `=` could be another
   * comparison: with `float4` 16777217 equals 16777216.
   */
  #holds({ operand, family }: Equality, column: KeyedColumn): boolean {
    if (operand.kind === 'constant') return column.canonical(operand.text) !== undefined
    const families = this.#parameters.get(operand.index)
    return families?.size === 1 && families.has(family)
  }
}
