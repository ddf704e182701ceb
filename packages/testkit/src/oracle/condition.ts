import { constant, INT, type Kind } from './kind.js'
import type { Scope, Visible } from './scope.js'
import { type Making, value } from './world.js'

/** Makes a query with one column of a type, for use within an expression. */
export type SubQuery = (making: Making, scope: Scope, kind: Kind | undefined) => string

/** What conditions are made with. */
export interface Conditions {
  readonly making: Making
  readonly scope: Scope
  readonly subQuery: SubQuery
}

type Maker = (conditions: Conditions, size: number) => string

/** A column of the query's own FROM, now and then one of a query around it; the first ones are the keys. */
export function anyColumn({ making: { draw }, scope: { own, outer } }: Conditions): Visible | undefined {
  const from = outer.length > 0 && (own.length === 0 || draw.chance(35)) ? outer : own
  if (from.length === 0) return undefined
  return draw.chance(60) ? draw.pick(from.slice(0, 2)) : draw.pick(from)
}

/** A condition on what a scope shows. `size` is how much it may still be made of. */
export function condition(conditions: Conditions, size = 3): string {
  const { draw } = conditions.making
  // In a query without FROM there is nothing to compare.
  if (!anyColumnExists(conditions)) return draw.pick(['true', 'false', 'NULL::bool'])
  const makers = size > 0 ? [...SIMPLE, ...COMPOUND] : SIMPLE
  return draw.weighted(makers)(conditions, size)
}

/** A condition that begins with an equality, which a cache can make use of, or with what could be taken for one. */
export function anchored(conditions: Conditions): string {
  const { draw } = conditions.making
  if (!anyColumnExists(conditions)) return 'true'
  const anchor = draw.weighted(ANCHORS)(conditions, 2)
  return draw.chance(45) ? `${anchor} AND ${condition(conditions, draw.int(3))}` : anchor
}

function anyColumnExists({ scope }: Conditions): boolean {
  return scope.own.length + scope.outer.length > 0
}

/** A column that is certain to exist. */
function column(conditions: Conditions): Visible {
  return anyColumn(conditions) ?? { reference: 'NULL', kind: INT }
}

/** Another column of the same type, or a constant. */
function partner(conditions: Conditions, { kind, reference }: Visible): string {
  const { own, outer } = conditions.scope
  // Columns of the queries around it first: they are what correlates.
  const alike = [...outer, ...own].filter(each => each.kind === kind && each.reference !== reference)
  return alike.length > 0 ? conditions.making.draw.pick(alike).reference : value(conditions.making, kind)
}

/** What a cache hopes for. */
const equality: Maker = conditions => {
  const { reference, kind } = column(conditions)
  const other = value(conditions.making, kind)
  return conditions.making.draw.chance(20) ? `${other} = ${reference}` : `${reference} = ${other}`
}

/** Two columns, also of different queries. */
const link: Maker = conditions => {
  const from = column(conditions)
  return `${from.reference} = ${partner(conditions, from)}`
}

/** Anything but an equality. */
const comparison: Maker = conditions => {
  const { draw } = conditions.making
  const { reference, kind } = column(conditions)
  const operator = draw.pick(['>=', '<', '<>', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'])
  return `${reference} ${operator} ${value(conditions.making, kind)}`
}

const nullness: Maker = conditions =>
  `${column(conditions).reference} ${conditions.making.draw.pick(['IS NOT NULL', 'IS NULL'])}`

/** Several values, now and then only one of them: then it is an equality. */
const list: Maker = conditions => {
  const { draw } = conditions.making
  const { reference, kind } = column(conditions)
  const form = draw.int(6)
  // An array constant: one value, which looks like several.
  if (form === 4) return `${reference} = ANY (ARRAY[${constant(draw, kind)}]::${kind.type}[])`
  const items = draw.times(1, 3, () => value(conditions.making, kind)).join(', ')
  return `${reference} ${form === 5 ? 'NOT IN' : 'IN'} (${items})`
}

const between: Maker = conditions => {
  const { reference, kind } = column(conditions)
  return `${reference} BETWEEN ${value(conditions.making, kind)} AND ${value(conditions.making, kind)}`
}

/** Two columns at once. */
const rows: Maker = conditions => {
  const [a, b] = [column(conditions), column(conditions)]
  const { making } = conditions
  const operator = making.draw.pick(['=', '=', '<', '<>', 'IN'])
  const right = `(${value(making, a.kind)}, ${making.draw.chance(30) ? partner(conditions, b) : value(making, b.kind)})`
  return `(${a.reference}, ${b.reference}) ${operator} ${operator === 'IN' ? `(${right})` : right}`
}

/** Equalities in disguise, and what only looks like one. */
const wrapped: Maker = conditions => {
  const { reference, kind } = column(conditions)
  const other = value(conditions.making, kind)
  const { draw } = conditions.making
  return draw.pick([
    `COALESCE(${reference}, ${constant(draw, kind)}) = ${other}`,
    `NULLIF(${reference}, ${constant(draw, kind)}) = ${other}`,
    `${reference}::text = ${other}::text`,
    `(${reference} = ${other}) IS NOT TRUE`,
    `(${reference} = ${other}) IS UNKNOWN`,
    `NOT (${reference} <> ${other})`,
    `${reference} OPERATOR(pg_catalog.=) ${other}`,
    `(CASE WHEN ${reference} = ${other} THEN true ELSE false END)`,
    `(SELECT ${reference}) = ${other}`,
  ])
}

const and: Maker = (conditions, size) =>
  `(${condition(conditions, size - 1)} AND ${condition(conditions, size - 2)})`

const or: Maker = (conditions, size) =>
  `(${condition(conditions, size - 2)} OR ${condition(conditions, size - 2)})`

const not: Maker = (conditions, size) => `NOT (${condition(conditions, size - 1)})`

/** CASE: each of the three may be true without the others. */
const either: Maker = (conditions, size) => {
  const [test, then, otherwise] = [0, 0, 0].map(() => condition(conditions, size - 2))
  return `(CASE WHEN ${test} THEN ${then} ELSE ${otherwise} END)`
}

/** A query within it that may name the columns around it. */
const exists: Maker = conditions => {
  const { making, scope } = conditions
  // Nothing is nested for ever.
  if (scope.depth === 0) return equality(conditions, 0)
  return `${making.draw.chance(50) ? 'NOT ' : ''}EXISTS (${conditions.subQuery(making, scope, undefined)})`
}

/** A column among the results of a query. */
const member: Maker = conditions => {
  const { making, scope } = conditions
  if (scope.depth === 0) return link(conditions, 0)
  const { reference, kind } = column(conditions)
  const word = making.draw.pick(['IN', 'NOT IN', '= ANY', '<> ALL', '= ALL'])
  return `${reference} ${word} (${conditions.subQuery(making, scope, kind)})`
}

/** A column and the one result of a query. */
const scalar: Maker = conditions => {
  const { making, scope } = conditions
  if (scope.depth === 0) return equality(conditions, 0)
  const { reference, kind } = column(conditions)
  const query = conditions.subQuery(making, scope, kind)
  return `${reference} = (SELECT max(q.c0::text)::${kind.type} FROM (${query}) q)`
}

/** Conditions on columns and values, as often as they are to be. */
const SIMPLE: readonly (readonly [number, Maker])[] = [
  [60, equality],
  [12, link],
  [6, comparison],
  [4, nullness],
  [6, list],
  [2, between],
  [4, rows],
  [5, wrapped],
]

/** What has to hold in most queries. */
const ANCHORS: readonly (readonly [number, Maker])[] = [
  [60, equality],
  [8, comparison],
  [6, list],
  [4, rows],
  [6, wrapped],
  [8, or],
  [5, not],
  [8, link],
  [8, exists],
]

/** Conditions that are made of others. */
const COMPOUND: readonly (readonly [number, Maker])[] = [
  [20, and],
  [20, or],
  [10, not],
  [2, either],
  [16, exists],
  [9, member],
  [2, scalar],
]
