import type { Draw } from './draw.js'
import { constant, type Kind, parameterValue } from './kind.js'

/** A column as queries see it. */
export interface Column {
  readonly name: string
  readonly kind: Kind
  /** Made by the server: it cannot be written. */
  readonly generated?: boolean
}

/** A table or a view as queries see it. */
export interface Relation {
  readonly name: string
  readonly columns: readonly Column[]
  /** Columns by which one row is told apart, of tables. */
  readonly key: readonly string[]
  readonly isView: boolean
}

/** What statements can be about. Grows while a database is being made up. */
export interface World {
  /** Tables with their partitions and children: everything that a statement may write directly. */
  readonly tables: Relation[]
  /** Views of both kinds. */
  readonly views: Relation[]
  /** Materialized views. */
  readonly snapshots: string[]
  /** Calls that write; `?` stands for a whole number. */
  readonly writers: string[]
  /** Calls that read tables. */
  readonly readers: string[]
  /** The server's version, as 180000. */
  readonly version: number
}

/** The values of a statement's parameters, numbered as they come. */
export class Parameters {
  readonly values: unknown[] = []
  readonly #known: { kind: Kind; index: number }[] = []
  /** Whether there may be any: not in views, functions and several statements at once. */
  readonly allowed: boolean

  constructor(allowed: boolean) {
    this.allowed = allowed
  }

  /** A parameter, now and then one that was used before. */
  take(draw: Draw, kind: Kind): string {
    const known = this.#known.filter(each => each.kind === kind || each.kind.cousin === kind.type)
    if (known.length > 0 && draw.chance(30)) return `$${draw.pick(known).index}`
    this.values.push(parameterValue(draw, kind))
    this.#known.push({ kind, index: this.values.length })
    return `$${this.values.length}`
  }
}

/** What a statement is made with. */
export interface Making {
  /** Who decides. */
  readonly draw: Draw
  readonly world: World
  /** Those of the statement so far. */
  readonly parameters: Parameters
}

/** A value that a column is compared with or set to: a parameter or a constant. */
export function value({ draw, parameters }: Making, kind: Kind): string {
  if (!parameters.allowed || draw.chance(50)) return constant(draw, kind)
  const parameter = parameters.take(draw, kind)
  return draw.chance(20)
    ? `${parameter}::${draw.chance(30) ? (kind.cousin ?? kind.type) : kind.type}`
    : parameter
}

/** All relations that a query may read. */
export function readable({ tables, views }: World): readonly Relation[] {
  return [...tables, ...views]
}
