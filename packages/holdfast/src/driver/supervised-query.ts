import pg, { type Connection } from 'pg'
import type { QueryRequest } from '../base/execute.js'
import type { DescribedResult, FieldDescription, FieldsMessage } from './pg-query.js'
import { RowShapes } from './row-shapes.js'

/** A query that remembers whether its bytes went out: the ground of every answer to "may I retry?". */
export class SupervisedQuery extends pg.Query {
  /** pg calls it with an error or a result; after an error in binding parameters, twice. */
  declare callback: (error: Error | null, result?: unknown) => void
  declare readonly values: unknown[] | undefined
  /** Whether pg has taken it from its queue. */
  submitted = false
  /** Whether bytes were written to a socket that was open. */
  sent = false

  constructor(request: QueryRequest) {
    super(request.config, request.values as never)
  }
}

const { submit } = pg.Query.prototype

// On the prototype and not in the class body: pg's types declare `submit` as a property.
SupervisedQuery.prototype.submit = function (this: SupervisedQuery, connection: Connection) {
  this.submitted = true
  this.sent = connection.stream.writable
  return submit.call(this, connection)
}

const shapes = new RowShapes()

interface Describing {
  readonly _result: DescribedResult
  _accumulateRows: unknown
  _checkForMultirow(): void
  readonly callback: unknown
}

/** As pg's, with the row to copy remembered. */
function handleRowDescription(this: Describing, { fields }: FieldsMessage<FieldDescription>): void {
  this._checkForMultirow()
  describe(this._result, fields)
  this._accumulateRows = this.callback
}

function describe(result: DescribedResult, fields: FieldDescription[]): void {
  const empty = result._types === undefined ? undefined : shapes.emptyRow(fields)
  if (empty === undefined) return result.addFields(fields)
  const types = result._types
  result.fields = fields
  if (fields.length > 0)
    result._parsers = fields.map(field => types?.getTypeParser(field.dataTypeID, field.format || 'text'))
  result._prebuiltEmptyResultObject = empty
}

Object.assign(SupervisedQuery.prototype, { handleRowDescription })
