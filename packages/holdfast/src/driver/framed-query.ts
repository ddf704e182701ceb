import type { QueryFrame, QueryRequest } from '../base/execute.js'
import { CapturedQuery } from './captured-query.js'
import type { FieldDescription, FieldsMessage, ProtocolConnection } from './pg-query.js'

/**
 * A query whose request has a frame: it and the statements around it go out in one write with one Sync, and each
 * answer of the server is given to the statement it belongs to. An error of any of them is the query's error.
 */
export class FramedQuery extends CapturedQuery {
  readonly #frame: QueryFrame
  /** pg registers this name at whatever parse succeeds, so `name` has it only while the query's own turn lasts. */
  readonly #statement: string | undefined
  /** Of how many statements the answer is complete. */
  #answered = 0
  #failed = false

  constructor(request: QueryRequest, frame: QueryFrame) {
    super(request)
    this.#frame = frame
    this.#statement = this.name
    // Reading in portions needs a Sync between them.
    this.rows = undefined
  }

  override requiresPreparation(): boolean {
    return true
  }

  override prepare(connection: ProtocolConnection): void {
    const { before, after, hidden, answers } = this.#frame
    hidden.length = 0
    answers.length = 0
    answers.push(...[...before, ...after].map(() => []))
    for (const text of before) send(connection, text)
    super.prepare(connection)
    if (before.length > 0) this.name = undefined
    // When a parameter could not be bound, pg has sent the Sync and reported the error.
    if (this.#failed) return
    for (const text of after) send(connection, text)
    connection.sync()
  }

  /** pg would send the Sync here. */
  override _getRows(connection: ProtocolConnection): void {
    connection.execute({ portal: this.portal })
  }

  override handleRowDescription({ fields }: FieldsMessage<FieldDescription>): void {
    // The others are not described: only for the query itself does this message come.
    if (!this.#frame.hidesRows) super.handleRowDescription({ fields: this.#shown(fields) })
  }

  override handleDataRow({ fields }: FieldsMessage<string | null>): void {
    const { hiddenColumns, hidesRows, hidden } = this.#frame
    if (!this.#ownTurn) this.#answer?.push(fields)
    else if (hidesRows) hidden.push(fields)
    else {
      if (hiddenColumns > 0) hidden.push(fields.slice(-hiddenColumns))
      super.handleDataRow({ fields: this.#shown(fields) })
    }
  }

  override handleCommandComplete(message: object, connection: ProtocolConnection): void {
    if (this.#ownTurn) super.handleCommandComplete(message, connection)
    this.#advance()
  }

  override handleEmptyQuery(connection: ProtocolConnection): void {
    if (this.#ownTurn) super.handleEmptyQuery(connection)
    this.#advance()
  }

  override handleCopyInResponse(connection: ProtocolConnection): void {
    super.handleCopyInResponse(connection)
    // The server, when it reads COPY data, ignores a Sync; at any other request it hangs up.
    if (this.#answered === this.#frame.before.length + this.#frame.after.length) connection.sync()
  }

  override handleError(error: Error, connection: ProtocolConnection): void {
    this.#failed = true
    // Skipped by the server, so that it knows no statement of this name.
    if (this.#statement !== undefined) delete connection.submittedNamedStatements[this.#statement]
    super.handleError(error, connection)
  }

  get #ownTurn(): boolean {
    return this.#answered === this.#frame.before.length
  }

  /** The answer of the statement whose turn it is, when that is not the query itself. */
  get #answer(): (string | null)[][] | undefined {
    const { before, answers } = this.#frame
    return answers[this.#answered < before.length ? this.#answered : this.#answered - 1]
  }

  #shown<T>(columns: T[]): T[] {
    const { hiddenColumns } = this.#frame
    return hiddenColumns === 0 ? columns : columns.slice(0, -hiddenColumns)
  }

  #advance(): void {
    this.#answered++
    this.name = this.#ownTurn ? this.#statement : undefined
  }
}

/** Asks for an unnamed statement to be run once and all its rows to be sent as text, not yet for an answer. */
function send(connection: ProtocolConnection, text: string): void {
  connection.parse({ text })
  connection.bind({})
  connection.execute({})
}
