import type { QueryRequest, RawCapture } from '../base/execute.js'
import type { FieldDescription, FieldsMessage, PgQuery } from './pg-query.js'
import { SupervisedQuery } from './supervised-query.js'

const Base = SupervisedQuery as unknown as new (request: QueryRequest) => SupervisedQuery & PgQuery

/**
 * A query that, while pg parses its rows, also keeps them as the server sent them, in the capture of its request.
 * A column in binary format cannot be kept as text: the capture of such a result stays empty.
 */
export class CapturedQuery extends Base {
  readonly #capture: RawCapture | undefined
  #captures = false

  constructor(request: QueryRequest) {
    super(request)
    this.#capture = request.capture
  }

  override handleRowDescription(message: FieldsMessage<FieldDescription>): void {
    if (this.#capture !== undefined) this.#describe(this.#capture, message.fields)
    super.handleRowDescription(message)
  }

  override handleDataRow(message: FieldsMessage<string | null>): void {
    // Not copied: nobody else keeps the array.
    if (this.#captures) this.#capture?.rows.push(message.fields)
    super.handleDataRow(message)
  }

  /** The descriptions are copied, because pg hands its own to the caller. */
  #describe(capture: RawCapture, fields: readonly FieldDescription[]): void {
    this.#captures = fields.every(({ format }) => format === 'text')
    capture.rows.length = 0
    capture.fields = this.#captures ? fields.map(field => ({ ...field })) : []
  }
}
