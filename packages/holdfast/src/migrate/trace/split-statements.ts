import { parse } from '../../sql/parse.js'
import { loadParser } from '../../sql/parser.js'

/** One statement of a file. */
export interface FileStatement {
  /** From the end of the statement before it: with the comments in front, without the semicolon. */
  readonly text: string
  /** The first line of SQL in it, from 1. */
  readonly line: number
  /** How many characters stand before {@link text}, in code points. */
  readonly before: number
}

/** White space and comments at the beginning. */
const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/

/**
 * The statements of a file, told apart by PostgreSQL's own parser. Only for looking at each of them: a file that is
 * applied is never taken to pieces.
 *
 * @returns the whole file as one statement where the parser, which may be older than the server, does not know it
 */
export async function splitStatements(text: string): Promise<readonly FileStatement[]> {
  await loadParser()
  const { statements } = parse(text)
  if (statements === undefined || statements.length === 0) return [statementAt(text, 0, text.length)]
  let from = 0
  return statements.map(({ end }) => {
    const statement = statementAt(text, from, end)
    from = end + 1
    return statement
  })
}

function statementAt(text: string, from: number, end: number): FileStatement {
  const own = text.slice(from, end)
  const comment = LEADING.exec(own)?.[0].length ?? 0
  const line = text.slice(0, from + comment).split('\n').length
  return { text: own, line, before: Array.from(text.slice(0, from)).length }
}
