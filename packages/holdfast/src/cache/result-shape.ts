import { internFields } from './field-table.js'
import { fresh, type Source } from './fresh-value.js'
import { fieldValues, PgField } from './pg-result.js'
import type { RawField } from './raw-result.js'

/** Makes the parts of results that have the same columns. */
export interface ResultShape {
  /** The row whose sources begin at `offset`. */
  row(sources: readonly Source[], offset: number): unknown
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
  const columns = [...lastOfEachName(fields)]
  const object = (value: (index: number) => string) =>
    `({${columns.map(([name, index]) => `${propertyKey(name)}:${value(index)}`).join(',')}})`
  const row = asArray ? `[${fields.map((_, index) => cell(index)).join(',')}]` : object(cell)
  const code = `return {
    row: (sources, offset) => ${row},
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
  return {
    row: (sources, offset) =>
      asArray
        ? fields.map((_, index) => fresh(sources[offset + index]))
        : object(index => fresh(sources[offset + index])),
    fields: descriptions,
    empty: Object.freeze(object(() => null)),
  }
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
