import { anchored, condition, type SubQuery } from './condition.js'
import type { Draw } from './draw.js'
import { KINDS, typed } from './kind.js'
import { inside, type Scope, type Visible, withColumns } from './scope.js'
import { type Column, type Making, readable } from './world.js'

/** A query and the columns that it gives, `c0`, `c1`, … */
export interface Query {
  readonly sql: string
  readonly columns: readonly Column[]
}

/** An item of a FROM list: its SQL, and the columns it shows by their bare names. */
interface Item {
  readonly sql: string
  readonly visible: readonly Visible[]
}

/** A query that WITH has given a name. */
export interface Named {
  readonly name: string
  readonly columns: readonly Column[]
}

/** What a FROM list is made with. */
export interface From {
  readonly making: Making
  readonly scope: Scope
  readonly named: readonly Named[]
  /** How queries within it are made: as an item, and in an expression. */
  readonly queries: { readonly make: (from: From) => Query; readonly inExpression: SubQuery }
}

/** Names of items: those of inner queries are others, except when they hide one of an outer query. */
class Aliases {
  #count = 0

  next({ making: { draw }, scope }: From): string {
    const level = Math.max(0, scope.depth) + (draw.chance(15) ? 1 : 0)
    this.#count += 1
    return `${'zyxw'[level] ?? 'w'}${this.#count}`
  }
}

/** A FROM list: its SQL, and the scope of what follows. */
export function makeFrom(from: From): { sql: string; scope: Scope } {
  const { draw } = from.making
  const aliases = new Aliases()
  const items = [joined(from, aliases, draw.pick([1, 1, 1, 1, 2, 2, 2, 3, 4]))]
  if (draw.chance(8)) items.push(item(from, aliases, items[0]?.visible))
  return {
    sql: items.map(({ sql }) => sql).join(', '),
    scope: withColumns(
      from.scope,
      items.flatMap(({ visible }) => visible),
    ),
  }
}

/** The kinds of joins; LEFT JOIN twice, as in life. */
const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'LEFT JOIN', 'CROSS JOIN'] as const

/** Items joined to each other, as many joins as `count` allows. */
function joined(from: From, aliases: Aliases, count: number): Item {
  const { draw } = from.making
  if (count < 2) return item(from, aliases)
  const left = joined(from, aliases, count - 1)
  const nested = draw.chance(15)
  const right = nested ? joined(from, aliases, 2) : item(from, aliases, left.visible)
  // Conditions prefer what comes first: now this side, now that one.
  const visible = inAnyOrder(draw, left, right)
  const word = draw.pick(JOINS)
  const sides = `${left.sql} ${word} ${nested ? `(${right.sql})` : right.sql}`
  if (word === 'CROSS JOIN') return { sql: sides, visible }
  const shared = sharedNames(left, right)
  if (shared.length > 0 && draw.chance(20)) return merged({ from, sides, visible, shared })
  return { sql: `${sides} ON ${joinCondition(from, left, right)}`, visible }
}

/** Mostly an equality of one column of each side, and now and then something else. */
function joinCondition(from: From, left: Item, right: Item): string {
  const { making } = from
  const { draw } = making
  // What a person would join by.
  const pairs = left.visible.flatMap(a =>
    right.visible.filter(b => b.kind === a.kind).map(b => `${b.reference} = ${a.reference}`),
  )
  const link = pairs.length > 0 ? draw.pick(pairs) : 'true'
  if (!draw.chance(60)) return link
  const scope = { ...from.scope, own: inAnyOrder(draw, left, right) }
  const conditions = { making, scope, subQuery: from.queries.inExpression }
  const more = draw.chance(50) ? anchored(conditions) : condition(conditions, 1)
  return draw.chance(75) ? `${link} AND (${more})` : more
}

/** The columns of both sides. */
function inAnyOrder(draw: Draw, left: Item, right: Item): Visible[] {
  return draw.chance(45) ? [...right.visible, ...left.visible] : [...left.visible, ...right.visible]
}

/** A join whose columns of one name become one. */
interface Merging {
  readonly from: From
  readonly sides: string
  readonly visible: readonly Visible[]
  readonly shared: readonly string[]
}

/** USING, or NATURAL when every shared column would do; the merged columns can be named alone. */
function merged({ from: { making }, sides, visible, shared }: Merging): Item {
  const { draw } = making
  const names = draw.some(shared)
  const bare = names.flatMap(name => {
    const found = visible.find(({ reference }) => reference.endsWith(`.${name}`))
    return found === undefined ? [] : [{ reference: name, kind: found.kind }]
  })
  const sql = draw.chance(30)
    ? sides.replace(/(?:LEFT |RIGHT |FULL )?JOIN (?!.*JOIN)/, word => `NATURAL ${word}`)
    : `${sides} USING (${names.join(', ')})`
  return { sql, visible: [...bare, ...visible] }
}

/** Columns of one name and one type on both sides. */
function sharedNames(left: Item, right: Item): string[] {
  const kinds = new Map(left.visible.map(({ reference, kind }) => [reference.split('.')[1], kind]))
  return right.visible.flatMap(({ reference, kind }) => {
    const name = reference.split('.')[1]
    return name !== undefined && kinds.get(name) === kind ? [name] : []
  })
}

/** One item: a relation, or now and then something that acts like one. `siblings` can be seen by LATERAL ones. */
function item(from: From, aliases: Aliases, siblings: readonly Visible[] = []): Item {
  const { making, scope, named } = from
  const { draw } = making
  // Nothing is nested for ever.
  const kind = scope.depth > 0 ? draw.int(20) : 0
  const alias = aliases.next(from)
  if (kind === 17) return nested(from, inside(scope), alias)
  if (kind === 18) {
    const around = { ...inside(scope), outer: [...siblings, ...scope.outer] }
    const { sql, visible } = nested(from, around, alias)
    return { sql: `LATERAL ${sql}`, visible }
  }
  if (kind === 19) return listed(making, alias)
  if (named.length > 0 && draw.chance(50)) return relation(making, draw.pick(named), alias)
  return relation(making, draw.pick(readable(making.world)), alias)
}

/** A query as an item. */
function nested(from: From, scope: Scope, alias: string): Item {
  const { sql, columns } = from.queries.make({ ...from, scope, named: [] })
  return { sql: `(${sql}) ${alias}`, visible: under(alias, columns) }
}

/** A list of values instead of a table. */
function listed(making: Making, alias: string): Item {
  const { draw } = making
  const kind = draw.pick(KINDS)
  const rows = draw.times(1, 3, () => `(${typed(draw, kind)})`).join(', ')
  return { sql: `(VALUES ${rows}) ${alias}(a)`, visible: under(alias, [{ name: 'a', kind }]) }
}

/** A table or a view, now and then with other names for its columns, or without its children. */
function relation({ draw }: Making, { name, columns }: Named, alias: string): Item {
  if (draw.chance(5)) {
    const renamed = columns.map((column, index) => ({ ...column, name: index === 0 ? 'a' : `r${index}` }))
    const names = renamed.map(column => column.name).join(', ')
    return { sql: `${name} AS ${alias}(${names})`, visible: under(alias, renamed) }
  }
  const isTable = name.startsWith('t') && draw.chance(4)
  return { sql: `${isTable ? 'ONLY ' : ''}${name} ${alias}`, visible: under(alias, columns) }
}

/** Columns as they are called behind an alias. */
function under(alias: string, columns: readonly Column[]): Visible[] {
  return columns.map(({ name, kind }) => ({ reference: `${alias}.${name}`, kind }))
}
