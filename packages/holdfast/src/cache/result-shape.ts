import { internFields } from './field-table.js'
import { fresh, type Source } from './fresh-value.js'
import { fieldValues, PgField, type TypeParser } from './pg-result.js'
import type { RawField } from './raw-result.js'

/** Makes the parts of results that have the same columns. */
export interface ResultShape {
  /** The row whose sources begin at `offset`. */
  row(sources: readonly Source[], offset: number): unknown
  /** The row of these texts, each parsed by the parser of its column. @throws what a parser throws */
  parse(texts: readonly (string | null)[], parsers: readonly TypeParser[]): unknown
  /** Descriptions of the columns, shared and frozen. */
  readonly fields: readonly object[]
  /** pg's row of nothing but nulls, shared and frozen. */
  readonly empty: object
}

/** What tells one shape from another. */
export interface ShapeOptions {
  readonly fields: readonly RawField[]
  /** Per column, whether its values are not shared between callers; absent: no column's values are ever given twice. */
  readonly copied?: readonly boolean[] | undefined
  /** Rows are arrays. */
  readonly asArray: boolean
}

/** Shapes are compiled, so they are kept as long as the table of columns they belong to. */
const shapes = new WeakMap<readonly RawField[], Map<string, ResultShape>>()

/** The shape for some columns; the same one for the same columns. */
export function shapeOf(options: ShapeOptions): ResultShape {
  const { copied, asArray } = options
  const fields = internFields(options.fields)
  let ofFields = shapes.get(fields)
  if (ofFields === undefined) {
    ofFields = new Map()
    shapes.set(fields, ofFields)
  }
  const kind = asArray ? 'array' : 'object'
  const key = copied === undefined ? kind : `${kind} ${copied.map(Number).join('')}`
  let shape = ofFields.get(key)
  if (shape === undefined) {
    shape = compiledShape({ fields, copied, asArray }) ?? interpretedShape({ fields, copied, asArray })
    ofFields.set(key, shape)
  }
  return shape
}

/**
 * A shape whose functions are literals in generated code: several times faster than a loop, and objects that V8 gives
 * one hidden class. `undefined` where the process may not generate code from strings.
 */
export function compiledShape({ fields, copied, asArray }: ShapeOptions): ResultShape | undefined {
  const cell = (index: number) =>
    copied?.[index] ? `fresh(sources[offset+${index}])` : `sources[offset+${index}]`
  const parsed = (index: number) => `texts[${index}]===null?null:parsers[${index}](texts[${index}])`
  const columns = [...lastOfEachName(fields)]
  const object = (value: (index: number) => string) =>
    `({${columns.map(([name, index]) => `${propertyKey(name)}:${value(index)}`).join(',')}})`
  const row = (value: (index: number) => string) =>
    asArray ? `[${fields.map((_, index) => value(index)).join(',')}]` : object(value)
  const code = `return {
    row: (sources, offset) => ${row(cell)},
    parse: (texts, parsers) => ${row(parsed)},
    fields: descriptions,
    empty: Object.freeze(${object(() => 'null')}),
  }`
  try {
    return new Function('descriptions', 'fresh', code)(descriptionsOf(fields), fresh) as ResultShape
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}

/** A shape without generated code. */
export function interpretedShape({ fields, asArray }: ShapeOptions): ResultShape {
  const columns = [...lastOfEachName(fields)]
  const object = (value: (index: number) => unknown) =>
    Object.fromEntries(columns.map(([name, index]) => [name, value(index)]))
  const descriptions = descriptionsOf(fields)
  const row = (value: (index: number) => unknown) =>
    asArray ? fields.map((_, index) => value(index)) : object(value)
  return {
    row: (sources, offset) => row(index => fresh(sources[offset + index])),
    parse: (texts, parsers) => row(index => parsedCell(texts[index] as string | null, parsers[index])),
    fields: descriptions,
    empty: Object.freeze(object(() => null)),
  }
}

function parsedCell(text: string | null, parser: TypeParser | undefined): unknown {
  return text === null ? null : parser?.(text)
}

function descriptionsOf(fields: readonly RawField[]): readonly object[] {
  return Object.freeze(fields.map(field => Object.freeze(new PgField(...fieldValues(field)))))
}

/** In pg's rows, the last of several columns of a name has its value, and the first its place. */
function lastOfEachName(fields: readonly RawField[]): Map<string, number> {
  return new Map(fields.map(({ name }, index) => [name, index]))
}

/** As a plain key, `__proto__` would set the prototype; in pg's rows it is a column like any other. */
function propertyKey(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)
}
