import pg from 'pg'

let changes = 0
let watching = false

/** How often a parser has been set for everybody since {@link watchParsers}. */
export function parserChanges(): number {
  return changes
}

/**
 * From now on counts the calls of `pg.types.setTypeParser`, which does what it did. Looking every parser up again on
 * every hit, the only other way to notice, would take longer than making the row.
 *
 * @returns whether they can be counted: not where pg's exports are frozen
 */
export function watchParsers(): boolean {
  if (!watching) watching = wrap(pg.types)
  return watching
}

function wrap(types: typeof pg.types): boolean {
  const { setTypeParser } = types
  const counted = function (this: unknown, ...parameters: Parameters<typeof setTypeParser>) {
    changes++
    return setTypeParser.apply(this as typeof types, parameters)
  }
  return Reflect.set(types, 'setTypeParser', counted)
}
