/**
 * The word that was probably meant.
 *
 * @returns `undefined` when none is near: more than a third of its letters would have to change
 */
export function nearestWord(given: string, words: readonly string[]): string | undefined {
  const begun = given.length > 1 ? words.find(word => word.startsWith(given)) : undefined
  const ranked = words
    .map(word => ({ word, edits: edits(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, edits }) => edits <= Math.ceil(word.length / 3))
    .sort((a, b) => a.edits - b.edits)
  return begun ?? ranked[0]?.word
}

/** `, did you mean "x"?` for the end of a sentence, or a full stop. */
export function suggestion(given: string, words: readonly string[]): string {
  const nearest = nearestWord(given, words)
  return nearest === undefined ? '.' : `; did you mean "${nearest}"?`
}

/** How many letters must be added, taken away, changed or swapped with their neighbour. */
function edits(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const cheapest = Math.min(
        at(row - 1, column) + 1,
        (next[column - 1] ?? 0) + 1,
        at(row - 1, column - 1) + same,
      )
      next.push(swapped ? Math.min(cheapest, at(row - 2, column - 2) + 1) : cheapest)
    }
    rows.push(next)
  }
  return at(from.length, to.length)
}
