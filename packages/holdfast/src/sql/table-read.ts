import type { Operand, TableInfo } from './plan.js'

/** One place where a query reads a table, with the equalities that hold for every row that matters to the result. */
export interface TableRead {
  readonly table: TableInfo
  readonly equalities: Equality[]
}

/** A column that equals an operand, and the family of types in which they were compared. */
export interface Equality {
  readonly column: string
  readonly operand: Operand
  readonly family: string
}
