import type { Connection } from 'pg'

/** A row on its way from the protocol's parser to the query, or the description of the rows. */
export interface FieldsMessage<T> {
  readonly fields: T[]
}

/** The requests of the extended protocol that Holdfast sends itself. */
export interface ProtocolConnection extends Connection {
  readonly submittedNamedStatements: Record<string, string>
  parse(message: { text: string }): void
  bind(message: object): void
  execute(message: { portal?: string }): void
  sync(): void
}

/** What Holdfast uses of pg's `Query` beyond its public types; pg's client calls the `handle…` methods. */
export interface PgQuery {
  name: string | undefined
  /** How many rows to ask the server for at a time. */
  rows: number | undefined
  readonly portal: string
  requiresPreparation(): boolean
  /** Sends parse, bind, describe, and what {@link PgQuery._getRows} sends. */
  prepare(connection: ProtocolConnection): void
  _getRows(connection: ProtocolConnection): void
  handleRowDescription(message: FieldsMessage<FieldDescription>): void
  handleDataRow(message: FieldsMessage<string | null>): void
  handleCommandComplete(message: object, connection: ProtocolConnection): void
  handleEmptyQuery(connection: ProtocolConnection): void
  handleCopyInResponse(connection: ProtocolConnection): void
  handleError(error: Error, connection: ProtocolConnection): void
}

/** pg's `FieldDef`, as far as it is looked at. */
export interface FieldDescription {
  name: string
  readonly dataTypeID: number
  /** `text` or `binary`. */
  readonly format: string
}

/** What Holdfast sets in pg's `Result` in place of its `addFields`. */
export interface DescribedResult {
  fields: FieldDescription[]
  _parsers: unknown[] | undefined
  readonly _types: { getTypeParser(oid: number, format: string): unknown } | undefined
  _prebuiltEmptyResultObject: object
  addFields(fields: FieldDescription[]): void
}
