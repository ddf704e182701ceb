/** One more column of a row: rows whose columns begin alike share the nodes of what is alike. */
interface Shape {
  /** The name as V8 keeps names of properties: faster to assign by than an equal text from the wire. */
  readonly name: string
  readonly next: Map<string, Shape>
  /** A row of nothing but nulls that ends with this column; made when it is first asked for. */
  empty: object | undefined
}

/** So many columns of different rows are remembered; statements beyond them are described as pg does it. */
const MOST_COLUMNS = 10_000

/**
 * Remembers what the rows of a statement look like: pg makes the row that it copies for each row anew for each result,
 * as a dictionary, which takes longer than to parse a row of a few columns.
 */
export class RowShapes {
  readonly #root = shapeFor('')
  #columns = 0

  /**
   * The row of nulls for some columns, shared by all who ask, and names that are faster to assign by.
   *
   * @returns `undefined` when there are too many to remember
   */
  emptyRow(fields: readonly { name: string }[]): object | undefined {
    let shape = this.#root
    for (const field of fields) {
      const next = shape.next.get(field.name) ?? this.#learn(shape, field.name)
      if (next === undefined) return undefined
      field.name = next.name
      shape = next
    }
    shape.empty ??= rowOfNulls(fields)
    return shape.empty
  }

  #learn(before: Shape, given: string): Shape | undefined {
    if (this.#columns >= MOST_COLUMNS) return undefined
    this.#columns++
    const shape = shapeFor(given)
    before.next.set(shape.name, shape)
    return shape
  }
}

function shapeFor(given: string): Shape {
  const [name = given] = Object.keys({ [given]: null })
  return { name, next: new Map(), empty: undefined }
}

/** A column may be called `__proto__`, which a computed name does not take for the prototype. */
function rowOfNulls(fields: readonly { readonly name: string }[]): object {
  return Object.fromEntries(fields.map(({ name }) => [name, null]))
}
