import pg, { type QueryArrayResult, type QueryResult } from 'pg'
import { isPrimitive, type Source, sourceOf } from './fresh-value.js'
import { parserChanges, watchParsers } from './parser-changes.js'
import { ObjectResult, PgResult, type TypeParser, type TypeParsers } from './pg-result.js'
import { quickParser } from './quick-date.js'
import type { RawField, RawResult } from './raw-result.js'
import { type ResultShape, shapeOf } from './result-shape.js'
import { SHARED_TYPES } from './shared-types.js'

/** How a caller wants a result. */
export interface MaterializeOptions {
  /** pg's `rowMode`. Default: rows are objects. */
  readonly rowMode?: string | undefined
  /** What pg would look parsers up in: the `types` of the query, else those of the client. Default: pg's own. */
  readonly types?: TypeParsers | undefined
}

/** Makes the result once more, equal to what pg would return and shared with nobody. */
export type Materialize = () => QueryResult | QueryArrayResult

const pgTypes = new pg.TypeOverrides() as unknown as TypeParsers

/**
 * Prepares a raw result for many hits. Its values are parsed at the first of them, and again when another parser
 * is set for a type in it. What a hit returns throws what a parser throws.
 */
export function prepare(raw: RawResult, { rowMode, types = pgTypes }: MaterializeOptions = {}): Materialize {
  const asArray = rowMode === 'array'
  let parsed: ParsedRows | undefined
  return () => {
    if (parsed === undefined || !isCurrent(parsed, types)) parsed = parseRows(raw, types, asArray)
    const { shape, parsers } = parsed
    const rows = rowsOf(raw, parsed)
    return resultOf(raw, { shape, rows, parsers }, { asArray, types }) as unknown as QueryResult
  }
}

/**
 * Makes a result that is wanted once, such as one from another tier: cheaper than the first hit of {@link prepare},
 * which makes ready for the next. @throws what a parser throws
 */
export function materializeOnce(
  raw: RawResult,
  { rowMode, types = pgTypes }: MaterializeOptions = {},
): QueryResult | QueryArrayResult {
  const { fields, rows } = raw
  const { parsers, quick } = lookUp(fields, types)
  const asArray = rowMode === 'array'
  const shape = shapeOf({ fields, asArray })
  const made = rows.map(row => shape.parse(row, quick))
  return resultOf(raw, { shape, rows: made, parsers }, { asArray, types }) as unknown as QueryResult
}

/** Which parsers turned out to be meant. */
interface Lookup {
  /** The parser of each column, and what does the same in less time. */
  readonly parsers: readonly TypeParser[]
  readonly quick: readonly TypeParser[]
  /** Each type once, with its parser. */
  readonly oids: readonly number[]
  readonly parserOfOid: readonly TypeParser[]
  /** How often parsers had been set when these were looked up; −1: that cannot be told. */
  changes: number
  /** Which type was looked up last. */
  turn: number
}

/** What is made once of a raw result. In one object: it is looked at on each hit. */
interface ParsedRows extends Lookup {
  readonly shape: ResultShape
  /** Of all values, row by row. */
  readonly sources: readonly Source[]
}

/** The rows, made anew. */
function rowsOf(raw: RawResult, { shape, sources }: Pick<ParsedRows, 'shape' | 'sources'>): unknown[] {
  const width = raw.fields.length
  const count = raw.rows.length
  // Of just the size: an array that grows by push has room for 17.
  const rows: unknown[] = count === 1 ? [shape.row(sources, 0)] : new Array(count)
  if (count !== 1) for (let row = 0; row < count; row++) rows[row] = shape.row(sources, row * width)
  return rows
}

/** A result of rows that are its own. What pg keeps in it for itself is shared and frozen, as the column descriptions are. */
function resultOf(
  { command, rowCount, fields: { length: width } }: RawResult,
  { shape, rows, parsers }: Pick<ParsedRows, 'shape' | 'parsers'> & { readonly rows: unknown[] },
  { asArray, types }: { asArray: boolean; types: TypeParsers },
): PgResult {
  const { fields, empty } = shape
  const own = width > 0 ? parsers : undefined
  // Spelled out: another object spread into this one would cost a tenth of a hit.
  if (!asArray) return new ObjectResult({ command, rowCount, rows, fields, types, parsers: own, empty })
  const result = new PgResult('array', types)
  const kept = { _parsers: own, _prebuiltEmptyResultObject: empty }
  return Object.assign(result, { command, rowCount, rows, fields }, kept)
}

/**
 * Whether pg would still use the same parsers. Of pg's own types one is looked up on each hit, in turn, for parsers
 * that were set past {@link watchParsers}; of types of others all, because nothing tells when they change.
 */
function isCurrent(lookup: Lookup, types: TypeParsers): boolean {
  const { oids } = lookup
  if (types === pgTypes && lookup.changes === parserChanges()) {
    lookup.turn = lookup.turn + 1 < oids.length ? lookup.turn + 1 : 0
    return isSame(lookup, lookup.turn, types)
  }
  for (let index = 0; index < oids.length; index++) if (!isSame(lookup, index, types)) return false
  if (watchParsers()) lookup.changes = parserChanges()
  return true
}

function isSame({ oids, parserOfOid }: Lookup, index: number, types: TypeParsers): boolean {
  return index >= oids.length || types.getTypeParser(oids[index] as number, 'text') === parserOfOid[index]
}

/** The lookups of pg's own parsers, for results of the same statement. */
const lookups = new WeakMap<readonly RawField[], Lookup>()

function lookUp(fields: readonly RawField[], types: TypeParsers): Lookup {
  const known = types === pgTypes ? lookups.get(fields) : undefined
  if (known !== undefined && isCurrent(known, types)) return known
  const lookup = lookUpAnew(fields, types)
  if (types === pgTypes) lookups.set(fields, lookup)
  return lookup
}

function lookUpAnew(fields: readonly RawField[], types: TypeParsers): Lookup {
  return { ...parsersOf(fields, types), changes: watchParsers() ? parserChanges() : -1, turn: 0 }
}

/** The parser of each column, each looked up once per type. */
function parsersOf(fields: readonly RawField[], types: TypeParsers) {
  const parserOf = new Map<number, TypeParser>()
  for (const { dataTypeID } of fields) {
    if (!parserOf.has(dataTypeID)) parserOf.set(dataTypeID, types.getTypeParser(dataTypeID, 'text'))
  }
  const parsers = Object.freeze(fields.map(({ dataTypeID }) => parserOf.get(dataTypeID) as TypeParser))
  return {
    parsers,
    quick: parsers.map(quickParser),
    oids: [...parserOf.keys()],
    parserOfOid: [...parserOf.values()],
  }
}

function parseRows({ fields, rows }: RawResult, types: TypeParsers, asArray: boolean): ParsedRows {
  const lookup = lookUpAnew(fields, types)
  const { quick } = lookup
  // By type and not only by value, so that nearly always all results of a statement have the same shape.
  const copied = fields.map(({ dataTypeID }) => !SHARED_TYPES.has(dataTypeID))
  const sources = rows.flatMap(row =>
    row.map((text, column) =>
      text === null ? null : sourceOf({ text, parser: quick[column] as TypeParser }),
    ),
  )
  for (let index = 0; index < sources.length; index++) {
    if (!isPrimitive(sources[index])) copied[index % fields.length] = true
  }
  const shape = shapeOf({ fields, copied, asArray })
  const { parsers, oids, parserOfOid, changes, turn } = lookup
  return { shape, parsers, quick, oids, parserOfOid, sources, changes, turn }
}
