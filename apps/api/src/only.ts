/**
 * The row that a statement returned which returns exactly one.
 * @throws {Error} when it did not
 */
export function only<T>({ rows }: { readonly rows: readonly T[] }): T {
  const [row] = rows
  if (row === undefined) throw new Error('The database returned no row where it always returns one.')
  return row
}
