/**
 * Rows as text in columns, under the names of the first row's fields.
 *
 * @param {Record<string, string | number>[]} rows
 */
export function table(rows) {
  const head = Object.keys(rows[0] ?? {})
  const cells = [head, ...rows.map(row => head.map(name => String(row[name])))]
  const widths = head.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)))
  return cells.map(row => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')).join('\n')
}
