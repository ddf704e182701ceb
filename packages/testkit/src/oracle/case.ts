import { Draw } from './draw.js'
import { INT, quoted, TYPES, typed } from './kind.js'
import { makeFunction, makeRule, makeSnapshot, makeTrigger, makeView, PURE } from './programs.js'
import { wholeQuery } from './query.js'
import { makeRows, makeTable } from './tables.js'
import { type Making, Parameters, type Relation, type World } from './world.js'
import { makeSimpleWrite, makeWrite } from './write.js'

/** The numbers that decide everything about one database and what is done to it; see {@link Draw}. */
export interface Tapes {
  /** One table each, with its partitions or its child. */
  readonly tables: readonly (readonly number[])[]
  /** Some rows each, for one table after the other. */
  readonly rows: readonly (readonly number[])[]
  /** Views, functions, triggers. */
  readonly programs: readonly (readonly number[])[]
  readonly queries: readonly (readonly number[])[]
  readonly writes: readonly (readonly number[])[]
}

/** A statement as it is sent. */
export interface Statement {
  /** With `$1`, `$2`, … where the values stand. */
  readonly text: string
  /** In the order of their numbers. */
  readonly values: readonly unknown[]
  /** Rows as lists instead of objects. */
  readonly rowMode?: 'array'
  /** Prepared under this name. */
  readonly name?: string
}

/** Part of a write: a statement, or several behind a savepoint. */
export type Step = Statement | { readonly steps: readonly Step[]; readonly undone: boolean }

/** How a write is sent: alone, all statements as one text, by `pool.transaction`, or on a borrowed client. */
export type Way = 'alone' | 'batch' | 'transaction' | 'client'

/** Something that may change the database. */
export interface Write {
  readonly way: Way
  readonly steps: readonly Step[]
  /** It is rolled back in the end. */
  readonly undone: boolean
}

/** A database, and what is done to it. */
export interface Case {
  /** Each may fail, and is then left out. */
  readonly definitions: readonly string[]
  /** The tables that are cached, each with columns by which its rows are told apart besides those of its indexes. */
  readonly tables: Readonly<Record<string, readonly string[]>>
  readonly queries: readonly Statement[]
  readonly writes: readonly Write[]
}

/** Makes what the tapes say, for a server of a version (as 180000). */
export function makeCase(tapes: Tapes, version: number): Case {
  const world: World = { tables: [], views: [], snapshots: [], writers: [], readers: [], version }
  const definitions = [...TYPES, PURE]
  for (const [index, tape] of tapes.tables.entries())
    definitions.push(...makeTable(new Draw(tape), world, index))
  const tables: Record<string, readonly string[]> = Object.fromEntries(
    world.tables
      .filter(({ name }) => !name.includes('_'))
      .map((table, index) => [table.name, keysOf(table, tapes.tables[index]?.at(-1) ?? 0)]),
  )
  for (const [index, tape] of tapes.rows.entries()) {
    const table = world.tables[index % world.tables.length]
    if (table !== undefined) definitions.push(...makeRows(new Draw(tape), table))
  }
  for (const [index, tape] of tapes.programs.entries()) definitions.push(...program(tape, world, index))
  for (const name of world.snapshots) tables[name] = []
  const queries = tapes.queries.map(tape => makeRead(new Draw(tape), world))
  return { definitions, tables, queries, writes: tapes.writes.map(tape => writeOf(new Draw(tape), world)) }
}

/** Every column that may be a key, for two tables of three. */
function keysOf({ columns }: Relation, number: number): readonly string[] {
  if (number % 3 === 0) return []
  return columns.filter(({ kind, generated }) => kind.isKey && !generated).map(({ name }) => name)
}

function program(tape: readonly number[], world: World, index: number): readonly string[] {
  const draw = new Draw(tape)
  return draw.weighted(PROGRAMS)(draw, world, index)
}

/** What programs are, as often as they are to be. */
const PROGRAMS = [
  [9, makeTrigger],
  [6, makeView],
  [4, makeFunction],
  [1, makeSnapshot],
  [1, makeRule],
] as const

function makeRead(draw: Draw, world: World): Statement {
  const making: Making = { draw, world, parameters: new Parameters(true) }
  const rowMode = draw.chance(50) ? { rowMode: 'array' as const } : {}
  if (draw.chance(3) && world.readers.length > 0) {
    const call = draw.pick(world.readers).replace('?', String(draw.int(5)))
    return { text: `SELECT x.id, ${call} FROM ${draw.pick(world.tables).name} x`, values: [], ...rowMode }
  }
  const text = draw.chance(20) ? byKey(making) : wholeQuery(making).sql
  return { text, values: making.parameters.values, ...rowMode }
}

/** The query of queries: one row by its key. */
function byKey({ draw, world, parameters }: Making): string {
  const { name, key, columns } = draw.pick(world.tables)
  const conditions = key.map(column => {
    const kind = columns.find(each => each.name === column)?.kind ?? INT
    return `${column} = ${draw.chance(70) ? parameters.take(draw, kind) : typed(draw, kind)}`
  })
  return `SELECT * FROM ${name} WHERE ${conditions.join(' AND ')}`
}

/** A write in one of the ways to send it. */
function writeOf(draw: Draw, world: World): Write {
  const way = draw.weighted<Way>([
    [10, 'alone'],
    [4, 'transaction'],
    [4, 'client'],
    [2, 'batch'],
  ])
  if (way === 'alone') return { way, steps: [statement(draw, world, true)], undone: false }
  if (way === 'batch') {
    // Several statements in one text have no parameters.
    const texts = draw.times(1, 3, () => statement(draw, world, false).text)
    return { way, steps: [{ text: texts.join(';\n'), values: [] }], undone: false }
  }
  return { way, steps: draw.times(1, 4, () => step(draw, world, 2)), undone: draw.chance(15) }
}

/** A statement, or several that are undone or kept together. */
function step(draw: Draw, world: World, depth: number): Step {
  // Savepoints within savepoints, but not for ever.
  if (depth === 0 || !draw.chance(25)) return statement(draw, world, true)
  return { steps: draw.times(1, 2, () => step(draw, world, depth - 1)), undone: draw.chance(50) }
}

/** A write, and now and then a read among them. */
function statement(draw: Draw, world: World, parametersAllowed: boolean): Statement {
  const parameters = new Parameters(parametersAllowed)
  const making: Making = { draw, world, parameters }
  // Reads in a transaction see what nobody else sees: they must leave nothing behind.
  const isRead = draw.chance(5)
  const text = isRead ? wholeQuery(making).sql : draw.chance(25) ? makeSimpleWrite(making) : makeWrite(making)
  const { values } = parameters
  // The same name stands for the same text.
  return parametersAllowed && draw.chance(10) ? { text, values, name: nameOf(text) } : { text, values }
}

/** A short name that follows from the text. */
function nameOf(text: string): string {
  let hash = 0
  for (const character of text) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  return `s${hash}_${text.length}`
}

/** A statement as one line for psql, its parameters as PREPARE and EXECUTE give them. */
export function forPsql({ text, values }: Statement): string {
  if (values.length === 0) return `${text};`
  const given = values.map(each => (each === null ? 'NULL' : quoted(String(each)))).join(', ')
  return `PREPARE q AS ${text}; EXECUTE q(${given}); DEALLOCATE q;`
}
