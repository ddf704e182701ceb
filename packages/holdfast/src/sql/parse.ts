import { callParser } from './parser.js'

/** A node of PostgreSQL's raw parse tree as the parser hands it out: one key, the node's type, and its fields. */
export type Tagged = Readonly<Record<string, unknown>>

/** One statement of a text. */
export interface Statement {
  /** The node's type: `SelectStmt`, `InsertStmt`, … */
  readonly tag: string
  readonly body: Tagged
  /** Where its text ends in the text that was parsed, in UTF-16 units: before the semicolon, or at the very end. */
  readonly end: number
}

/** The statements of a text; none when it holds only white space and comments. Or why it could not be parsed. */
export type Parsed =
  | { readonly statements: readonly Statement[]; readonly problem?: undefined }
  | { readonly statements?: undefined; readonly problem: string }

interface RawStatement {
  readonly stmt?: Tagged
  /** In UTF-8 bytes, like `stmt_len`, which is absent when the statement reaches to the end of the text. */
  readonly stmt_location?: number
  readonly stmt_len?: number
}

/** Longer texts are not worth the parser's memory: they are data, hardly ever asked twice. In UTF-16 units. */
const LONGEST_TEXT = 1_000_000

/** Parses a text. Never throws for what the text is: what cannot be parsed comes back as a problem. */
export function parse(text: string): Parsed {
  if (text.trim() === '') return { statements: [] }
  // The parser reads a C string: it would silently stop at a NUL.
  if (text.includes('\0')) return { problem: 'it contains a NUL character' }
  if (text.length > LONGEST_TEXT) return { problem: `it is longer than ${LONGEST_TEXT} characters` }
  const { value, problem } = callParser(({ parseSync }) => parseSync(text) as { stmts?: RawStatement[] })
  return value === undefined
    ? { problem: problem ?? 'unknown reason' }
    : { statements: statementsOf(text, value) }
}

function statementsOf(text: string, tree: { stmts?: RawStatement[] }): Statement[] {
  const offsets = charOffsets(text)
  return (tree.stmts ?? []).flatMap(raw => {
    const node = untag(raw.stmt)
    if (node === undefined) return []
    const end = raw.stmt_len ? offsets((raw.stmt_location ?? 0) + raw.stmt_len) : text.length
    return [{ tag: node[0], body: node[1], end }]
  })
}

/** Turns an offset in UTF-8 bytes into one in UTF-16 units. */
function charOffsets(text: string): (bytes: number) => number {
  const utf8 = Buffer.from(text)
  if (utf8.length === text.length) return bytes => bytes
  return bytes => utf8.subarray(0, bytes).toString().length
}

/** The type and the fields of a node; `undefined` for a node that is absent. */
export function untag(node: unknown): readonly [tag: string, body: Tagged] | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  for (const [tag, body] of Object.entries(node)) return [tag, body as Tagged]
  return undefined
}

/** The fields of a node when it is of one type. */
export function bodyOf<Body = Tagged>(node: unknown, tag: string): Body | undefined {
  const found = untag(node)
  return found?.[0] === tag ? (found[1] as Body) : undefined
}

/** The names in a list of `String` nodes; an item of another type (`*`) gives `undefined`. */
export function namesOf(nodes: unknown): (string | undefined)[] {
  if (!Array.isArray(nodes)) return []
  return nodes.map(node => {
    const body = bodyOf<{ sval?: string }>(node, 'String')
    return body === undefined ? undefined : (body.sval ?? '')
  })
}
