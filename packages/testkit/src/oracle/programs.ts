import { condition } from './condition.js'
import type { Draw } from './draw.js'
import { typed } from './kind.js'
import { subQuery, wholeQuery } from './query.js'
import { NOTHING_AROUND } from './scope.js'
import type { Definitions } from './tables.js'
import { type Making, Parameters, type Relation, type World } from './world.js'
import { makeSimpleWrite } from './write.js'

/** What is made without parameters: in views and in programs there are none. */
function plainly(draw: Draw, world: World): Making {
  return { draw, world, parameters: new Parameters(false) }
}

/** Functions that any query may call. */
export const PURE = `CREATE FUNCTION pure(int4) RETURNS int4 IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1'`

/** A view: mostly one that shows rows of one table and can be written, also one on other views. */
export function makeView(draw: Draw, world: World, number: number): Definitions {
  const name = `v${number}`
  const making = plainly(draw, world)
  // Anything can be a view.
  if (draw.chance(40)) {
    const { sql, columns } = wholeQuery(making)
    world.views.push({ name, columns, key: ['c0'], isView: true })
    return [`CREATE VIEW ${name} AS ${sql}`]
  }
  // Most of them only leave out rows and columns, so that they can be written.
  const source = draw.pick([...world.tables, ...world.views])
  const kept = source.columns.filter(column => source.key.includes(column.name) || draw.chance(80))
  const columns = kept.map(column => ({ ...column, name: draw.chance(10) ? `${column.name}2` : column.name }))
  const own = source.columns.map(column => ({ reference: `x.${column.name}`, kind: column.kind }))
  const scope = { ...NOTHING_AROUND, depth: 1, own }
  const where = draw.chance(60) ? ` WHERE ${condition({ making, scope, subQuery }, 1)}` : ''
  const outputs = kept.map((column, index) => `x.${column.name} AS ${columns[index]?.name}`).join(', ')
  world.views.push({ name, columns, key: source.key, isView: true })
  const check = draw.chance(10) ? ' WITH CHECK OPTION' : ''
  return [`CREATE VIEW ${name} AS SELECT ${outputs} FROM ${source.name} x${where}${check}`]
}

/** A materialized view: it shows what was there when it was refreshed last. */
export function makeSnapshot(draw: Draw, world: World, number: number): Definitions {
  const name = `m${number}`
  const { sql, columns } = wholeQuery(plainly(draw, world))
  world.views.push({ name, columns, key: ['c0'], isView: true })
  world.snapshots.push(name)
  world.writers.push(`REFRESH MATERIALIZED VIEW ${name}`)
  world.writers.push(`DO $$ BEGIN REFRESH MATERIALIZED VIEW ${name}; END $$`)
  return [`CREATE MATERIALIZED VIEW ${name} AS ${sql}`]
}

/** A rule: another statement besides the one that was sent, or instead of it. */
export function makeRule(draw: Draw, world: World, number: number): Definitions {
  const { name } = draw.pick([...world.tables, ...world.views])
  const event = draw.pick(['UPDATE', 'INSERT', 'DELETE'])
  const body = makeSimpleWrite(plainly(draw, world)).replace(/ RETURNING .*$/, '')
  const condition = draw.chance(30) ? ` WHERE ${draw.pick(['true', 'false'])}` : ''
  return [
    `CREATE RULE r${number} AS ON ${event} TO ${name}${condition} DO ${draw.pick(['ALSO', 'INSTEAD'])} ${body}`,
  ]
}

/** The body of a program in PL/pgSQL: what fails in it fails alone. */
function program(body: string, end: string): string {
  return `LANGUAGE plpgsql AS $$ BEGIN BEGIN ${body}; EXCEPTION WHEN OTHERS THEN NULL; END; ${end} END $$`
}

/** A function or a procedure that writes or reads. */
export function makeFunction(draw: Draw, world: World, number: number): Definitions {
  const name = `f${number}`
  const body = makeSimpleWrite(plainly(draw, world)).replace(/ RETURNING .*$/, '')
  // Marked as what it is not, called by one that is marked as harmless, or without a name.
  const form = draw.int(6)
  if (form === 5) return reader(draw, world, name)
  if (form === 4) {
    world.writers.push(`CALL ${name}(?)`)
    return [`CREATE PROCEDURE ${name}(n int4) ${program(body, draw.chance(50) ? 'COMMIT;' : '')}`]
  }
  if (form === 3) {
    world.writers.push(`SELECT ${name}b(?)`)
    return [
      `CREATE FUNCTION ${name}(n int4) RETURNS int4 ${program(body, 'RETURN n;')}`,
      `CREATE FUNCTION ${name}b(n int4) RETURNS int4 STABLE LANGUAGE sql AS 'SELECT ${name}(n)'`,
    ]
  }
  if (form === 2) {
    world.writers.push(`DO $$ BEGIN ${body}; END $$`)
    return []
  }
  world.writers.push(`SELECT ${name}(?)`)
  if (form === 1)
    return [`CREATE FUNCTION ${name}(n int4) RETURNS int4 LANGUAGE sql AS $$ ${body}; SELECT n $$`]
  return [`CREATE FUNCTION ${name}(n int4) RETURNS int4 ${program(body, 'RETURN n;')}`]
}

/** A function whose result depends on a table. */
function reader(draw: Draw, world: World, name: string): Definitions {
  const table = draw.pick(world.tables)
  world.readers.push(`${name}(?)`)
  return [
    `CREATE FUNCTION ${name}(n int4) RETURNS int4 STABLE LANGUAGE sql AS 'SELECT count(*)::int4 + n FROM ${table.name}'`,
  ]
}

/** What sets a trigger off. */
const EVENTS = ['INSERT OR UPDATE', 'UPDATE', 'INSERT OR UPDATE OR DELETE', 'DELETE', 'INSERT']

/** A trigger, with its function. */
export function makeTrigger(draw: Draw, world: World, number: number): Definitions {
  const table = draw.pick(draw.chance(10) && world.views.length > 0 ? world.views : world.tables)
  const body = makeSimpleWrite(plainly(draw, world)).replace(/ RETURNING .*$/, '')
  const name = `g${number}`
  const head = `CREATE FUNCTION ${name}() RETURNS trigger`
  const events = draw.pick(EVENTS)
  const guard = 'WHEN (pg_trigger_depth() < 2)'
  const run = `EXECUTE FUNCTION ${name}()`
  if (table.isView) {
    const instead = `CREATE TRIGGER ${name} INSTEAD OF ${events} ON ${table.name} FOR EACH ROW ${run}`
    return [`${head} ${program(body, 'RETURN COALESCE(NEW, OLD);')}`, instead]
  }
  const form = draw.int(5)
  if (form === 0) {
    const before = `CREATE TRIGGER ${name} BEFORE ${draw.pick(['INSERT OR UPDATE', 'UPDATE', 'INSERT'])} ON ${table.name} FOR EACH ROW ${run}`
    return [`${head} LANGUAGE plpgsql AS $$ BEGIN ${change(draw, table)} RETURN NEW; END $$`, before]
  }
  const made = `${head} ${program(body, 'RETURN COALESCE(NEW, OLD);')}`
  if (form === 1) {
    // What a COMMIT sets off is stopped by no timeout: it must not set itself off.
    const once = 'WHEN (pg_trigger_depth() < 1)'
    return [
      made,
      `CREATE CONSTRAINT TRIGGER ${name} AFTER ${events} ON ${table.name} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW ${once} ${run}`,
    ]
  }
  // The others write elsewhere: before, after, once for all rows.
  const level = form === 2 ? 'STATEMENT' : 'ROW'
  const time = form === 3 ? 'BEFORE' : 'AFTER'
  return [made, `CREATE TRIGGER ${name} ${time} ${events} ON ${table.name} FOR EACH ${level} ${guard} ${run}`]
}

/** A statement of a BEFORE trigger that gives a column another value, also one of the key. */
function change(draw: Draw, { columns }: Relation): string {
  const { name, kind } = draw.pick(columns)
  const always = draw.chance(50)
  const assignment = `NEW.${name} := ${typed(draw, kind)};`
  return always ? assignment : `IF NEW.${name} = ${typed(draw, kind)} THEN ${assignment} END IF;`
}
