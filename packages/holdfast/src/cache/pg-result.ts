import { EventEmitter } from 'node:events'
import pg from 'pg'
import type { RawField } from './raw-result.js'

/** Looks parsers up by type, as pg's `types` does. */
export interface TypeParsers {
  getTypeParser(oid: number, format: 'text'): TypeParser
}

/** Turns the text of a value into what the caller gets. Expected to make equal values of equal texts. */
export type TypeParser = (text: string) => unknown

/** pg's class of results with the fields that pg keeps to itself, which comparisons and copies see all the same. */
export interface PgResult {
  command: string | null
  rowCount: number | null
  rows: unknown[]
  fields: readonly object[]
  _parsers: readonly TypeParser[] | undefined
  _prebuiltEmptyResultObject: object | null
}

/** Makes an empty result, as pg does when a query starts. */
export const PgResult = (
  pg as unknown as { Result: new (rowMode: string | undefined, types: TypeParsers) => PgResult }
).Result

/** What a hit brings into its result. */
export interface ResultParts {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
  readonly fields: readonly object[]
  readonly parsers: readonly TypeParser[] | undefined
  readonly types: TypeParsers
  readonly empty: object
}

/** Makes a result of rows that are objects: the same prototype and properties, in the same order, as pg's own. */
function makeObjectResult(this: Record<string, unknown>, parts: ResultParts): void {
  this.command = parts.command
  this.rowCount = parts.rowCount
  this.oid = null
  this.rows = parts.rows
  this.fields = parts.fields
  this._parsers = parts.parsers
  this._types = parts.types
  this.RowCtor = null
  this.rowAsArray = false
  this._prebuiltEmptyResultObject = parts.empty
}
makeObjectResult.prototype = PgResult.prototype

/** As pg's class, without making what would be replaced at once. */
export const ObjectResult = makeObjectResult as unknown as new (parts: ResultParts) => PgResult

type PgFieldClass = new (...values: FieldValues) => object

/** What a field is made of, in the order of its constructor. */
export type FieldValues = [string, number, number, number, number, number, string]

/** The values of a field in the order of pg's constructor. */
export function fieldValues(field: RawField): FieldValues {
  const { name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format } = field
  return [name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format]
}

/** A description of one column, as the server would send it. */
const ROW_DESCRIPTION = Buffer.concat([Buffer.from('T\0\0\0\x1a\0\x01n\0', 'latin1'), Buffer.alloc(18)])

/** pg's class of field descriptions. */
export const PgField = pgFieldClass()

/** pg does not export this class. It comes with the first field that is described, on no connection. */
function pgFieldClass(): PgFieldClass {
  const stream = new EventEmitter()
  const connection = new pg.Connection({ stream } as never) as unknown as EventEmitter & {
    attachListeners(stream: EventEmitter): void
  }
  let fields: readonly object[] = []
  connection.once('rowDescription', (message: { fields: object[] }) => {
    fields = message.fields
  })
  connection.attachListeners(stream)
  stream.emit('data', ROW_DESCRIPTION)
  return fields[0]?.constructor as PgFieldClass
}
