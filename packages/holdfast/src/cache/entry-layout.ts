import { ByteReader } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'
import { internFields } from './field-table.js'
import type { RawField, RawResult } from './raw-result.js'

/** What a tier keeps under a key. */
export interface StoredValue {
  readonly raw: RawResult
  /** When it was read, in milliseconds since 1970 by the clock that all processes share. */
  readonly storedAt: number
  /** How long reading it took, in milliseconds. */
  readonly loadMillis: number
  /** When it is no longer to be used. */
  readonly expiresAt: number
}

/** A longer row is cut value by value, so that nobody who keeps a value keeps the whole row in memory. */
const LONGEST_ROW_IN_ONE = 4_096

/**
 * Writes a value: times, command, the table of columns with its length in bytes, then the rows. A row is the
 * length of its texts together in bytes, the length of each in characters plus one, 0 for NULL, and the texts in UTF-8.
 */
export function writeEntry({ raw, storedAt, loadMillis, expiresAt }: StoredValue): Buffer {
  const table = fieldTable(raw.fields)
  const writer = new ByteWriter()
  for (const time of [storedAt, loadMillis, expiresAt]) writer.double(time)
  writer.text(raw.command)
  writer.count(raw.rowCount === null ? 0 : raw.rowCount + 1)
  writer.count(table.length)
  writer.bareText(table, table.length)
  writer.count(raw.rows.length)
  for (const row of raw.rows) writeRow(writer, row)
  return writer.bytes()
}

/** Reads a value. @throws RangeError when the bytes are none */
export function readEntry(buffer: Buffer): StoredValue {
  const reader = new ByteReader(buffer)
  const storedAt = reader.double()
  const loadMillis = reader.double()
  const expiresAt = reader.double()
  const command = reader.text()
  const rowCount = reader.count() - 1
  const fields = readFields(reader)
  const rows = readRows(reader, fields.length)
  if (reader.left > 0) throw new RangeError('too long')
  const raw = { command, rowCount: rowCount < 0 ? null : rowCount, fields, rows }
  return { raw, storedAt, loadMillis, expiresAt }
}

function writeRow(writer: ByteWriter, row: readonly (string | null)[]): void {
  let texts = ''
  for (const text of row) if (text !== null) texts += text
  const bytes = Buffer.byteLength(texts)
  writer.count(bytes)
  for (const text of row) writer.count(text === null ? 0 : text.length + 1)
  writer.bareText(texts, bytes)
}

function readRows(reader: ByteReader, width: number): (string | null)[][] {
  const count = reader.count()
  // Each row takes a byte at least, so that no count makes more of it than there is.
  if (count > reader.left) throw new RangeError('too many rows')
  const rows: (string | null)[][] = []
  const lengths = new Array<number>(width).fill(0)
  for (let row = 0; row < count; row++) rows.push(readRow(reader, lengths))
  return rows
}

function readRow(reader: ByteReader, lengths: number[]): (string | null)[] {
  const bytes = reader.count()
  let characters = 0
  for (let column = 0; column < lengths.length; column++) {
    const length = reader.count()
    lengths[column] = length
    if (length > 0) characters += length - 1
  }
  if (bytes === characters && bytes > LONGEST_ROW_IN_ONE)
    return lengths.map(length => readAscii(reader, length))
  return cut(reader.bareText(bytes, characters), characters, lengths)
}

function readAscii(reader: ByteReader, length: number): string | null {
  return length === 0 ? null : reader.bareText(length - 1, length - 1)
}

function cut(texts: string, characters: number, lengths: readonly number[]): (string | null)[] {
  if (texts.length !== characters) throw new RangeError('other texts')
  // Of just the size: an array that grows leaves garbage behind with every row.
  const row = new Array<string | null>(lengths.length)
  let start = 0
  for (let column = 0; column < lengths.length; column++) {
    const length = lengths[column] as number
    row[column] = length === 0 ? null : texts.slice(start, start + length - 1)
    if (length > 0) start += length - 1
  }
  return row
}

/** Tables of columns by their bytes: results of the same statement share theirs. */
const tables = new Map<string, readonly RawField[]>()
const MOST_TABLES = 1_000
const bytesOf = new WeakMap<readonly RawField[], string>()

/** The bytes of a table of columns, a character each. */
function fieldTable(fields: readonly RawField[]): string {
  const known = bytesOf.get(fields)
  if (known !== undefined) return known
  const writer = new ByteWriter()
  for (const field of fields) {
    writer.text(field.name)
    writer.text(field.format)
    for (const number of [field.tableID, field.columnID, field.dataTypeID]) writer.integer(number)
    for (const number of [field.dataTypeSize, field.dataTypeModifier]) writer.integer(number)
  }
  const bytes = writer.bytes().toString('latin1')
  bytesOf.set(fields, bytes)
  return bytes
}

/** The latest table of columns of each length in bytes: nearly always the one that is read next. */
const latest = new Map<number, { readonly bytes: Buffer; readonly fields: readonly RawField[] }>()

function readFields(reader: ByteReader): readonly RawField[] {
  const length = reader.count()
  const last = latest.get(length)
  if (last !== undefined && reader.skips(last.bytes)) return last.fields
  const bytes = reader.slice(length)
  const fields = tableOf(bytes)
  if (latest.size >= MOST_TABLES) latest.clear()
  latest.set(bytes.length, { bytes: Buffer.from(bytes), fields })
  return fields
}

function tableOf(bytes: Buffer): readonly RawField[] {
  const key = bytes.toString('latin1')
  const known = tables.get(key)
  if (known !== undefined) return known
  const fields = internFields(parseFields(new ByteReader(bytes)))
  if (tables.size >= MOST_TABLES) tables.delete(tables.keys().next().value as string)
  tables.set(key, fields)
  return fields
}

function parseFields(reader: ByteReader): RawField[] {
  const fields: RawField[] = []
  while (reader.left > 0) {
    const [name, format] = [reader.text(), reader.text()]
    const [tableID, columnID, dataTypeID] = [reader.integer(), reader.integer(), reader.integer()]
    const [dataTypeSize, dataTypeModifier] = [reader.integer(), reader.integer()]
    fields.push({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format })
  }
  return fields
}
