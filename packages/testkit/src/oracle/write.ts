import { anchored, type Conditions, condition } from './condition.js'
import { unlikely } from './kind.js'
import { subQuery } from './query.js'
import { NOTHING_AROUND, type Visible } from './scope.js'
import { type Column, type Making, type Relation, value } from './world.js'

type Maker = (making: Making, target: Relation) => string

/** One statement that writes, or may. */
export function makeWrite(making: Making): string {
  const { draw } = making
  return draw.weighted(STATEMENTS)(making, someTarget(making))
}

/** A simple statement that writes one table: for bodies of triggers and functions. */
export function makeSimpleWrite(making: Making): string {
  return making.draw.pick([update, insert, remove])(making, making.draw.pick(making.world.tables))
}

/** A table, and now and then a view. */
function someTarget({ draw, world }: Making): Relation {
  return world.views.length > 0 && draw.chance(12) ? draw.pick(world.views) : draw.pick(world.tables)
}

/** The columns that a statement may give values to. */
function writable({ columns }: Relation): readonly Column[] {
  return columns.filter(({ generated }) => generated !== true)
}

/** The columns of a relation behind an alias. */
function visible(alias: string, { columns }: Relation): Visible[] {
  return columns.map(({ name, kind }) => ({ reference: `${alias}.${name}`, kind }))
}

/** What conditions on some columns are made with; one query may be nested into them. */
function conditionsOn(making: Making, own: readonly Visible[]): Conditions {
  return { making, scope: { ...NOTHING_AROUND, depth: 1, own }, subQuery }
}

/** Which rows: mostly few. */
function where(making: Making, own: readonly Visible[]): string {
  const { draw, parameters } = making
  const [first] = own
  // What triggers and functions do is worth nothing when it does nothing.
  if (first !== undefined && draw.chance(parameters.allowed ? 12 : 50))
    return ` WHERE ${first.reference} IS NOT NULL`
  return draw.chance(3) ? '' : ` WHERE ${chosen(conditionsOn(making, own))}`
}

function chosen(conditions: Conditions): string {
  const { draw } = conditions.making
  return draw.chance(60) ? anchored(conditions) : condition(conditions, draw.int(3))
}

/** What the statement itself returns: whatever learns of its rows must not disturb it. */
function returning({ draw }: Making, alias: string): string {
  return draw.chance(25) ? ` RETURNING ${draw.pick([`${alias}.id`, '*', `1 AS one`])}` : ''
}

/** A value for a column: another column's of the same type, or one of its own. */
function newValue(making: Making, { kind }: Column, from: readonly Visible[]): string {
  const { draw } = making
  const alike = from.filter(each => each.kind === kind)
  if (alike.length > 0 && draw.chance(30)) return draw.pick(alike).reference
  return draw.chance(4) ? 'DEFAULT' : value(making, kind)
}

/** UPDATE, also with the columns of a second table. */
const update: Maker = (making, target) => {
  const { draw, world } = making
  const other = draw.chance(20) ? draw.pick(world.tables) : undefined
  const own = visible('x', target)
  const all = other === undefined ? own : [...own, ...visible('y', other)]
  const from = other === undefined ? '' : ` FROM ${other.name} y`
  return `UPDATE ${target.name} x SET ${assignments(making, target, all)}${from}${where(making, all)}${returning(making, 'x')}`
}

/** What a SET lists, also two columns at once. */
function assignments(making: Making, target: Relation, from: readonly Visible[]): string {
  const columns = making.draw.some(writable(target))
  // Two columns at once, from one query.
  const [first, second] = columns
  if (first !== undefined && second !== undefined && making.draw.chance(10)) {
    return `(${first.name}, ${second.name}) = (SELECT ${newValue(making, first, from)}, ${newValue(making, second, from)})`
  }
  return columns.map(column => `${column.name} = ${newValue(making, column, from)}`).join(', ')
}

/** INSERT of values or of a query's rows, with every answer to a conflict. */
const insert: Maker = (making, target) => {
  const { draw } = making
  const columns = writable(target).filter(({ name }) => target.key.includes(name) || draw.chance(75))
  const head = `INSERT INTO ${target.name} AS x (${columns.map(({ name }) => name).join(', ')})`
  // A quarter of the rows come from another table.
  const rows = draw.chance(25) ? selected(making, columns) : valueRows(making, columns)
  return `${head} ${rows}${conflict(making, target)}${returning(making, 'x')}`
}

/** One to three rows; most keys are not taken yet. */
function valueRows(making: Making, columns: readonly Column[]): string {
  const { draw } = making
  const cell = (column: Column, index: number) =>
    index === 0 && draw.chance(60) ? unlikely(draw, column.kind) : newValue(making, column, [])
  const row = () => `(${columns.map(cell).join(', ')})`
  return `VALUES ${draw.times(1, 3, row).join(', ')}`
}

/** Rows made of those of a table. */
function selected(making: Making, columns: readonly Column[]): string {
  const source = making.draw.pick(making.world.tables)
  const own = visible('y', source)
  const outputs = columns.map(({ kind }) => {
    const alike = own.filter(each => each.kind === kind)
    const isKept = alike.length > 0 && making.draw.chance(70)
    return isKept ? making.draw.pick(alike).reference : `${value(making, kind)}::${kind.type}`
  })
  return `SELECT ${outputs.join(', ')} FROM ${source.name} y${where(making, own)}`
}

/** What happens to rows that exist already. */
function conflict(making: Making, target: Relation): string {
  const { draw } = making
  const form = draw.int(4)
  if (form < 2) return form === 0 ? '' : ' ON CONFLICT DO NOTHING'
  const own = [...visible('x', target), ...visible('excluded', target)]
  const sets = assignments(making, target, own)
  return ` ON CONFLICT (${target.key.join(', ')}) DO UPDATE SET ${sets}${draw.chance(30) ? where(making, own) : ''}`
}

/** DELETE, also with the columns of a second table. */
const remove: Maker = (making, target) => {
  const { draw, world } = making
  const own = visible('x', target)
  if (!draw.chance(20)) return `DELETE FROM ${target.name} x${where(making, own)}${returning(making, 'x')}`
  const other = draw.pick(world.tables)
  const all = [...own, ...visible('y', other)]
  return `DELETE FROM ${target.name} x USING ${other.name} y${where(making, all)}${returning(making, 'x')}`
}

/** MERGE with some of its clauses. */
const merge: Maker = (making, target) => {
  const { draw, world } = making
  const source = draw.pick(world.tables)
  const all = [...visible('x', target), ...visible('y', source)]
  const columns = writable(target)
  const inserted = () => columns.map(column => newValue(making, column, visible('y', source))).join(', ')
  const only = () => (draw.chance(40) ? ` AND ${condition(conditionsOn(making, all), 0)}` : '')
  const clauses = draw
    .some([
      () => `WHEN MATCHED${only()} THEN UPDATE SET ${assignments(making, target, all)}`,
      () =>
        `WHEN NOT MATCHED THEN INSERT (${columns.map(({ name }) => name).join(', ')}) VALUES (${inserted()})`,
      () => 'WHEN MATCHED THEN DELETE',
      ...(world.version >= 170_000 ? [() => 'WHEN NOT MATCHED BY SOURCE THEN DELETE'] : []),
    ])
    .map(clause => clause())
  // Any condition will do, also one that is never true.
  const on = draw.chance(70) ? 'x.id = y.id' : condition(conditionsOn(making, all), 1)
  const end = world.version >= 170_000 ? returning(making, 'x') : ''
  return `MERGE INTO ${target.name} x USING ${source.name} y ON ${on} ${clauses.join(' ')}${end}`
}

/** TRUNCATE of a table, a partition or a child. */
const truncate: Maker = ({ draw, world }) =>
  `TRUNCATE ${draw.pick(world.tables).name}${draw.pick([' CASCADE', '', ' RESTART IDENTITY CASCADE'])}`

/** Statements in WITH, before another one. */
const withWrites: Maker = (making, target) => {
  const { draw } = making
  const inner = draw
    .pick([update, insert, remove])(making, someTarget(making))
    .replace(/ RETURNING .*$/, '')
  const word = ` RETURNING *`
  const outer = draw.weighted<Maker>([
    [2, () => 'SELECT count(*) FROM w'],
    [1, update],
    [1, insert],
    [1, remove],
  ])(making, target)
  return `WITH w AS (${inner}${word}) ${outer}`
}

/** A call of something that writes; where there is nothing, a query. */
function call({ draw, world }: Making): string {
  const { writers } = world
  const text = writers.length === 0 ? 'SELECT 1' : draw.pick(writers)
  return text.replaceAll('?', String(draw.int(6)))
}

/** A query that calls a function which writes. */
const callInQuery: Maker = (making, target) => {
  const text = call(making)
  if (!text.startsWith('SELECT ')) return text
  return `SELECT x.id, (${text}) FROM ${target.name} x${where(making, visible('x', target))}`
}

/** A change of definitions. */
const define: Maker = ({ draw }, target) => {
  // A column that was declared to be a key has to stay.
  const column = target.columns.find(({ kind, name }) => name !== 'id' && !kind.isKey)?.name ?? 'none'
  return draw.pick([
    `CREATE UNIQUE INDEX ON ${target.name} (a, id)`,
    `ALTER TABLE ${target.name} ADD COLUMN IF NOT EXISTS extra int4 DEFAULT 7`,
    `ALTER TABLE ${target.name} ALTER COLUMN a SET DEFAULT NULL`,
    `ALTER TABLE ${target.name} DISABLE TRIGGER USER`,
    `CREATE OR REPLACE FUNCTION pure(int4) RETURNS int4 IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 2'`,
    `ALTER TABLE ${target.name} RENAME COLUMN ${column} TO renamed`,
    `ALTER TABLE ${target.name} DROP COLUMN IF EXISTS ${column} CASCADE`,
    `ALTER TABLE IF EXISTS ${target.name} RENAME TO elsewhere`,
    `ALTER TABLE ${target.name} ALTER COLUMN ${column} TYPE text`,
    'DROP VIEW IF EXISTS v0, v1 CASCADE',
    `ALTER TABLE ${target.name.split('_')[0]} DETACH PARTITION ${target.name}`,
    `ALTER TABLE ${target.name} NO INHERIT ${target.name.split('_')[0]}`,
  ])
}

/** A statement that is run although only its plan is asked for. */
const prepared: Maker = (making, target) =>
  `EXPLAIN (ANALYZE, TIMING off, SUMMARY off, COSTS off) ${update(making, target)}`

/** All of them, as often as they are to be. */
const STATEMENTS: readonly (readonly [number, Maker])[] = [
  [40, update],
  [24, insert],
  [18, remove],
  [8, merge],
  [2, truncate],
  [5, withWrites],
  [6, call],
  [2, callInQuery],
  [2, define],
  [1, prepared],
]
