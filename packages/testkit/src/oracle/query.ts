import { anchored, type Conditions, condition } from './condition.js'
import { type From, makeFrom, type Named, type Query } from './from.js'
import { INT, type Kind, TEXT, typed } from './kind.js'
import { inside, NOTHING_AROUND, type Scope, type Visible } from './scope.js'
import type { Column, Making } from './world.js'

/** One output of a query. */
interface Output {
  readonly sql: string
  readonly kind: Kind
}

/** A whole query, possibly with a WITH in front. */
export function wholeQuery(making: Making): Query {
  // Where one table is read many times, what is wrong with one of them does not show.
  const scope = { ...NOTHING_AROUND, depth: making.draw.pick([0, 0, 1, 2]) }
  const from: From = { making, scope, named: [], queries: QUERIES }
  if (!making.draw.chance(15)) return makeQuery(from)
  const first = making.draw.chance(15) ? recursive(making) : undefined
  const inner = first ?? makeQuery({ ...from, scope: { ...NOTHING_AROUND, depth: 1 } })
  const named: Named = { name: 'w', columns: inner.columns }
  const { sql, columns } = makeQuery({ ...from, named: [named] })
  const names = inner.columns.map(({ name }) => name).join(', ')
  // Whether it is inlined is for the server to decide, or not.
  const word = making.draw.pick(['AS', 'AS MATERIALIZED', 'AS NOT MATERIALIZED'])
  return { sql: `WITH RECURSIVE w(${names}) ${word} (${inner.sql}) ${sql}`, columns }
}

/** Follows whole numbers through a table. */
function recursive({ draw, world }: Making): Query | undefined {
  const table = draw.pick(world.tables)
  const numbers = table.columns.filter(({ kind }) => kind === INT)
  const [from, to] = [numbers[0], numbers.at(-1)]
  if (from === undefined || to === undefined || from === to) return undefined
  const seed = `SELECT ${from.name} FROM ${table.name} WHERE ${from.name} = ${draw.int(5)}`
  const sql = `${seed} UNION SELECT q.${to.name} FROM ${table.name} q JOIN w ON w.c0 = q.${from.name}`
  return { sql, columns: [{ name: 'c0', kind: INT }] }
}

/** A query whose rows do not depend on what the server may choose: only their order does. */
export function makeQuery(from: From): Query {
  const { draw } = from.making
  const query = draw.chance(12) ? combined(from) : select(from)
  if (!draw.chance(20)) return query
  // Rows that are cut off must be told from those that stay: everything decides the order.
  const order = query.columns.map((_, index) => `${index + 1}${draw.chance(20) ? ' DESC' : ''}`).join(', ')
  const limit = draw.pick(['', ' LIMIT 1', ' LIMIT 3', ' OFFSET 1', ' LIMIT 2 OFFSET 1', ' LIMIT 0'])
  return { ...query, sql: `${query.sql} ORDER BY ${order}${limit}` }
}

/** Two queries with the same types, made one. */
function combined(from: From): Query {
  const { draw } = from.making
  const left = select(from)
  const right = select(
    from,
    left.columns.map(({ kind }) => kind),
  )
  const word = draw.pick(['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL'])
  return { sql: `(${left.sql}) ${word} (${right.sql})`, columns: left.columns }
}

/** One SELECT. `kinds`: the types that its columns must have. */
function select(from: From, kinds?: readonly Kind[]): Query {
  const { making } = from
  const { draw } = making
  const { sql, scope } = makeFrom(from)
  const conditions: Conditions = { making, scope, subQuery }
  // Half of the queries ask for what can be narrowed; some of the rest for everything.
  const where = draw.weighted([
    [44, () => ` WHERE ${anchored(conditions)}`],
    [34, () => ` WHERE ${condition(conditions)}`],
    [22, () => ''],
  ])()
  const tail = `FROM ${sql}${where}`
  if (kinds === undefined && draw.chance(15)) return grouped(conditions, tail)
  const outputs = kinds ? kinds.map(kind => ofKind(conditions, kind)) : someOutputs(conditions)
  const distinct = draw.chance(10) ? 'DISTINCT ' : ''
  return { sql: `SELECT ${distinct}${listOf(outputs)} ${tail}`, columns: columnsOf(outputs) }
}

/** The outputs as a SELECT lists them. */
function listOf(outputs: readonly Output[]): string {
  return outputs.map(({ sql }, index) => `${sql} AS c${index}`).join(', ')
}

/** The outputs as those see them who select from it. */
function columnsOf(outputs: readonly Output[]): Column[] {
  return outputs.map(({ kind }, index) => ({ name: `c${index}`, kind }))
}

/** Rows made one: by values, in several ways at once, or all of them. */
function grouped(conditions: Conditions, tail: string): Query {
  const { draw } = conditions.making
  const by = draw.chance(60) ? draw.some(conditions.scope.own.slice(0, 4)).slice(0, 2) : []
  const outputs = [...by.map(shown), ...draw.times(1, 2, () => aggregate(conditions))]
  const keys = by.map(visible => shown(visible).sql).join(', ')
  // Several groupings at once give rows in which the keys are NULL.
  const set = draw.pick(['', '', 'ROLLUP ', 'CUBE '])
  const group = by.length === 0 ? '' : ` GROUP BY ${set}${set === '' ? keys : `(${keys})`}`
  const having = draw.chance(25)
    ? ` HAVING ${condition({ ...conditions, scope: { ...conditions.scope, own: plain(by) } }, 0)}`
    : ''
  return { sql: `SELECT ${listOf(outputs)} ${tail}${group}${having}`, columns: columnsOf(outputs) }
}

/** Columns that stand in the groups as they are. */
function plain(by: readonly Visible[]): Visible[] {
  return by.filter(({ kind }) => kind.uniform === undefined)
}

/** One value of many rows; which rows come first must not matter. */
function aggregate({ making: { draw }, scope }: Conditions): Output {
  const column = scope.own.length > 0 ? draw.pick(scope.own) : { reference: '1', kind: INT }
  const { sql, kind } = shown(column)
  return draw.pick<Output>([
    { sql: 'count(*)::int4', kind: INT },
    { sql: `count(${sql})::int4`, kind: INT },
    { sql: `count(DISTINCT ${sql})::int4`, kind: INT },
    { sql: `max(${sql}::text)`, kind: TEXT },
    { sql: `string_agg(${sql}::text, ',' ORDER BY ${sql}::text)`, kind: TEXT },
    { sql: `bool_and(${column.reference} IS NULL)::text`, kind: TEXT },
    { sql: `count(*) FILTER (WHERE ${column.reference} IS NULL)::int4`, kind: kind === INT ? kind : INT },
  ])
}

/** One to three of them. */
function someOutputs(conditions: Conditions): Output[] {
  return conditions.making.draw.times(1, 3, () => output(conditions))
}

/** Mostly a column as it is. */
function output(conditions: Conditions): Output {
  const { making, scope } = conditions
  const { draw } = making
  const column = scope.own.length > 0 ? draw.pick(scope.own) : { reference: '1', kind: INT }
  const { sql, kind } = shown(column)
  const form = draw.int(24)
  if (form === 16) return { sql: `COALESCE(${sql}, ${typed(draw, kind)})`, kind }
  if (form === 17) return { sql: `(CASE WHEN ${condition(conditions, 1)} THEN ${sql} END)`, kind }
  if (form === 18) return { sql: `count(*) OVER (PARTITION BY ${sql})::int4`, kind: INT }
  if (form === 19) return { sql: `rank() OVER (ORDER BY ${sql})::int4`, kind: INT }
  if (form === 20) return { sql: `(${condition(conditions, 1)})::text`, kind: TEXT }
  if (form === 21) return { sql: `pure(length(${sql}::text))`, kind: INT }
  if (form > 21 && scope.depth > 0) {
    const query = subQuery(making, scope, undefined)
    return { sql: `(SELECT count(*)::int4 FROM (${query}) q)`, kind: INT }
  }
  return { sql, kind }
}

/** A column as a result shows it. */
function shown({ reference, kind }: Visible): Output {
  return { sql: kind.uniform?.(reference) ?? reference, kind: shownKind(kind) }
}

const uniformKinds = new Map<Kind, Kind>()

/** The type of what is shown of a type: its values are alike already. */
function shownKind(kind: Kind): Kind {
  if (kind.uniform === undefined) return kind
  const { uniform: _, ...rest } = kind
  const known = uniformKinds.get(kind) ?? rest
  uniformKinds.set(kind, known)
  return known
}

/** A column or a constant of one type. */
function ofKind({ making, scope }: Conditions, kind: Kind): Output {
  const alike = scope.own.map(shown).filter(each => each.kind === kind)
  return alike.length > 0 ? making.draw.pick(alike) : { sql: typed(making.draw, kind), kind }
}

/** A query within an expression: with one column of a type, or with whatever. */
export function subQuery(making: Making, scope: Scope, kind: Kind | undefined): string {
  const from: From = { making, scope: inside(scope), named: [], queries: QUERIES }
  return kind === undefined ? makeQuery(from).sql : select(from, [shownKind(kind)]).sql
}

const QUERIES: From['queries'] = { make: makeQuery, inExpression: subQuery }
