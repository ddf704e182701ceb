import type { Draw } from './draw.js'
import { constant, INT, KEY_KINDS, KINDS, type Kind, quoted, typed } from './kind.js'
import type { Column, Relation, World } from './world.js'

/** Some statements that make up a database, each of which may fail. */
export type Definitions = readonly string[]

/** Names of columns: the same in every table, so that USING and NATURAL find some. */
const NAMES = ['a', 'b', 'c', 'd', 'e']

/** One table, with its partitions or its child, entered into the world. */
export function makeTable(draw: Draw, world: World, number: number): Definitions {
  const name = `t${number}`
  const idKind = draw.chance(45) ? INT : draw.pick(KEY_KINDS)
  const columns: Column[] = [
    { name: 'id', kind: idKind },
    ...draw.times(1, 4, index => ({ name: NAMES[index] ?? 'e', kind: draw.pick(KINDS) })),
  ]
  const second = columns[1]
  // One table of five has a key of two columns.
  const key = draw.chance(20) && second !== undefined ? ['id', second.name] : ['id']
  const reference = draw.chance(75) ? foreignKey(draw, world, key) : undefined
  if (reference !== undefined) columns.push({ name: 'p', kind: reference.kind })
  // Some columns are the server's.
  const generated = draw.chance(15) ? generatedColumn(draw, columns, world.version) : undefined
  const table = { name, columns, key, isView: false }
  const partitions = draw.chance(14) && idKind === INT ? partitionsOf(draw, table) : undefined
  const parts = [
    ...columns.map(column => `${column.name} ${columnType(draw, column, key)}`),
    ...(generated === undefined ? [] : [generated]),
    `PRIMARY KEY (${key.join(', ')})`,
    ...(reference === undefined ? [] : [reference.sql]),
  ]
  world.tables.push(generated === undefined ? table : { ...table, columns: [...columns, GENERATED] })
  if (partitions !== undefined) world.tables.push(...partitions.relations)
  return [
    `CREATE TABLE ${name} (${parts.join(', ')})${partitions?.clause ?? ''}`,
    ...(partitions?.definitions ?? []),
    ...uniques(draw, table),
    ...child(draw, world, table),
  ]
}

/** What queries see of a generated column. */
const GENERATED: Column = { name: 'g', kind: INT, generated: true }

/** The type of a column with its default, or that it may not be NULL. */
function columnType(draw: Draw, { name, kind }: Column, key: readonly string[]): string {
  if (key.includes(name)) return kind.type
  if (draw.chance(20)) return `${kind.type} DEFAULT ${typed(draw, kind)}`
  return draw.chance(15) ? `${kind.type} NOT NULL` : kind.type
}

/** A column that changes with another one, without being assigned. */
function generatedColumn(draw: Draw, columns: readonly Column[], version: number): string | undefined {
  const from = columns.find(({ kind }) => kind === INT)
  const stored = version < 180_000 || draw.chance(50) ? ' STORED' : ''
  return from && `g int4 GENERATED ALWAYS AS (${from.name} % 3)${stored}`
}

/** What happens to rows whose reference goes away. */
const ACTIONS = ['CASCADE', 'SET NULL', 'CASCADE', 'SET DEFAULT', 'RESTRICT', 'NO ACTION']

/** A reference to a table with a simple key: an earlier one, or the next one to be made, itself. */
function foreignKey(
  draw: Draw,
  { tables }: World,
  key: readonly string[],
): { sql: string; kind: Kind } | undefined {
  // Partitions and children cannot be meant.
  const targets = tables.filter(table => table.key.length === 1 && !table.name.includes('_'))
  if (targets.length === 0) return undefined
  const target = draw.pick(targets)
  const kind = target.columns[0]?.kind ?? INT
  const actions = ` ON DELETE ${draw.pick(ACTIONS)} ON UPDATE ${draw.pick(ACTIONS)}`
  const waits = draw.pick(['', '', ' DEFERRABLE INITIALLY DEFERRED'])
  const column = key.length === 1 && draw.chance(10) && kind === INT ? 'id' : 'p'
  return { sql: `FOREIGN KEY (${column}) REFERENCES ${target.name}${actions}${waits}`, kind }
}

/** Unique indexes: on one column, on several, on some rows, on an expression. */
function uniques(draw: Draw, { name, columns }: Relation): string[] {
  // The first column is the key already.
  const others = columns.slice(1).map(column => column.name)
  const statements: string[] = []
  if (draw.chance(25)) statements.push(`CREATE UNIQUE INDEX ON ${name} (${draw.pick(others)})`)
  if (draw.chance(40)) {
    const [column, other] = [draw.pick(others), draw.pick(others)]
    statements.push(`CREATE UNIQUE INDEX ON ${name} (${column}, id)`)
    statements.push(`CREATE UNIQUE INDEX ON ${name} (${column}) WHERE ${other} IS NULL`)
  }
  if (draw.chance(10))
    statements.push(`CREATE UNIQUE INDEX ON ${name} (lower(${draw.pick(others)}::text), id)`)
  return statements
}

/** What makes a table partitioned. */
interface Partitions {
  readonly clause: string
  readonly definitions: Definitions
  readonly relations: readonly Relation[]
}

/** Two partitions, the second of which has its columns in another order. */
function partitionsOf(draw: Draw, table: Relation): Partitions {
  const { name } = table
  const relations = [1, 2].map(number => ({ ...table, name: `${name}_${number}` }))
  // By hash, or by range.
  if (draw.chance(30)) {
    const definitions = [0, 1].map(
      n => `CREATE TABLE ${name}_${n + 1} PARTITION OF ${name} FOR VALUES WITH (modulus 2, remainder ${n})`,
    )
    return { clause: ' PARTITION BY HASH (id)', definitions, relations }
  }
  const bounds = ['FROM (MINVALUE) TO (3)', 'FROM (3) TO (MAXVALUE)']
  const definitions = bounds.map(
    (bound, index) => `CREATE TABLE ${name}_${index + 1} PARTITION OF ${name} FOR VALUES ${bound}`,
  )
  return { clause: ' PARTITION BY RANGE (id)', definitions, relations }
}

/** A table that inherits. */
function child(draw: Draw, world: World, table: Relation): string[] {
  if (!draw.chance(12)) return []
  const name = `${table.name}_kid`
  const toy: Column = { name: 'toy', kind: draw.pick(KINDS) }
  world.tables.push({ ...table, name, columns: [...table.columns, toy] })
  return [`CREATE TABLE ${name} (toy ${toy.kind.type}, PRIMARY KEY (id)) INHERITS (${table.name})`]
}

/** Rows for a table; those that do not fit are refused by the server. */
export function makeRows(draw: Draw, { name, columns }: Relation): string[] {
  const written = columns.filter(({ generated }) => generated !== true)
  const names = written.map(column => column.name).join(', ')
  return draw.times(3, 7, row => {
    const values = written.map(({ kind }, index) => {
      if (index === 0 && !draw.chance(20))
        return `${quoted(kind.values[row % kind.values.length] ?? '')}::${kind.type}`
      return draw.chance(60) ? typed(draw, kind) : constant(draw, kind)
    })
    return `INSERT INTO ${name} (${names}) VALUES (${values.join(', ')})`
  })
}
