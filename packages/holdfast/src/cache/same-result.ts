import type { RawResult } from './raw-result.js'

type Compared = Pick<RawResult, 'fields' | 'rows'>

/** Whether two results have the same columns and the same rows, in whatever order: often PostgreSQL promises none. */
export function isSameResult(one: Compared, other: Compared): boolean {
  if (one.rows.length !== other.rows.length || !hasSameColumns(one, other)) return false
  return hasSameRowsInOrder(one, other) || hasSameRows(one, other)
}

function hasSameColumns({ fields }: Compared, other: Compared): boolean {
  return (
    fields.length === other.fields.length &&
    fields.every(({ name, dataTypeID }, index) => {
      const field = other.fields[index]
      return field?.name === name && field.dataTypeID === dataTypeID
    })
  )
}

function hasSameRowsInOrder({ rows }: Compared, other: Compared): boolean {
  return rows.every((row, index) => row.every((value, column) => value === other.rows[index]?.[column]))
}

function hasSameRows({ rows }: Compared, other: Compared): boolean {
  const counts = new Map<string, number>()
  for (const row of rows) count(counts, row, 1)
  for (const row of other.rows) count(counts, row, -1)
  return [...counts.values()].every(difference => difference === 0)
}

function count(counts: Map<string, number>, row: readonly (string | null)[], by: number): void {
  const text = JSON.stringify(row)
  counts.set(text, (counts.get(text) ?? 0) + by)
}
