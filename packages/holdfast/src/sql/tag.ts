import { HoldfastError } from '../base/errors.js'
import { quoteIdentifier } from './identifier.js'

/**
 * A piece of SQL with its values kept apart: injection-safe by construction. It is itself a query config
 * (`text`, `values`), so `pool.query(fragment)`, `client.query(fragment)` and plain pg all take it.
 */
export class SqlFragment {
  /** The SQL around the values: always one more part than there are values. */
  readonly strings: readonly string[]
  /** The SQL with `$1`, `$2`, … where the values stand. */
  readonly text: string
  /** The values, in the order of their numbers. */
  readonly values: unknown[]

  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.strings = strings
    this.text = strings.reduce((text, part, index) => `${text}$${index}${part}`)
    this.values = [...values]
  }

  /** Appends this fragment to lists under construction: the numbering is done once, at the end. */
  appendTo(strings: string[], values: unknown[]): void {
    strings[strings.length - 1] += this.strings[0] ?? ''
    for (const [index, value] of this.values.entries()) {
      values.push(value)
      strings.push(this.strings[index + 1] ?? '')
    }
  }
}

/** The `sql` tag and its builders. */
export interface Sql {
  (strings: TemplateStringsArray, ...values: readonly unknown[]): SqlFragment
  /** A quoted identifier; several are joined by dots: `sql.identifier('public', 'users')`. */
  identifier(...names: readonly string[]): SqlFragment
  /** `($1, $2, …)` for `IN`; of nothing: `(NULL)`, which matches no row. */
  list(values: readonly unknown[]): SqlFragment
  /** Fragments with a separator between them; default `, `. */
  join(fragments: readonly SqlFragment[], separator?: SqlFragment): SqlFragment
  /** Text taken as SQL, unquoted: never pass anything that a user could have written. */
  unsafe(text: string): SqlFragment
  /** Nothing: for the branch of a condition that adds no SQL. */
  readonly empty: SqlFragment
}

function tag(strings: TemplateStringsArray, ...values: readonly unknown[]): SqlFragment {
  const parts: string[] = [strings[0] ?? '']
  const flat: unknown[] = []
  for (const [index, value] of values.entries()) {
    if (value === undefined) throw undefinedValue(index)
    if (value instanceof SqlFragment) {
      value.appendTo(parts, flat)
      parts[parts.length - 1] += strings[index + 1] ?? ''
    } else {
      flat.push(value)
      parts.push(strings[index + 1] ?? '')
    }
  }
  return new SqlFragment(parts, flat)
}

function undefinedValue(index: number): HoldfastError {
  const message = `Value ${index + 1} of the sql template is undefined: use null for NULL, sql.empty for no SQL.`
  return new HoldfastError('HOLDFAST_INVALID_QUERY', message)
}

const empty = new SqlFragment([''], [])
const comma = new SqlFragment([', '], [])

function join(fragments: readonly SqlFragment[], separator: SqlFragment = comma): SqlFragment {
  const strings = ['']
  const values: unknown[] = []
  for (const [index, fragment] of fragments.entries()) {
    if (index > 0) separator.appendTo(strings, values)
    fragment.appendTo(strings, values)
  }
  return new SqlFragment(strings, values)
}

function list(values: readonly unknown[]): SqlFragment {
  if (values.length === 0) return new SqlFragment(['(NULL)'], [])
  return tag`(${join(values.map(value => (value instanceof SqlFragment ? value : tag`${value}`)))})`
}

/**
 * Writes SQL as a template; every interpolated value becomes a parameter, every fragment is spliced in.
 *
 * ```ts
 * pool.query(sql`SELECT * FROM users WHERE id = ${id} AND kind IN ${sql.list(kinds)}`)
 * ```
 */
export const sql: Sql = Object.assign(tag, {
  identifier: (...names: readonly string[]) => new SqlFragment([names.map(quoteIdentifier).join('.')], []),
  list,
  join,
  unsafe: (text: string) => new SqlFragment([text], []),
  empty,
})
