import { parse, type Statement } from './parse.js'
import { loadParser } from './parser.js'

/** Statements that neither end a transaction nor change what role or settings it has. */
const ALLOWED = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'ExplainStmt'])

/** The newest texts are remembered. */
const MOST_TEXTS = 5_000
/** Longer ones are made of data and do not come again; in UTF-16 units. */
const LONGEST_KEPT = 20_000

const known = new Map<string, string | undefined>()

/**
 * Why a text cannot run under an identity: it is not one statement, or one that could leave the identity. What is done
 * inside of functions is not looked at.
 *
 * @returns half a sentence; `undefined` when it can run
 */
export async function leavesIdentity(text: string): Promise<string | undefined> {
  if (known.has(text)) return known.get(text)
  await loadParser()
  const { statements, problem } = parse(text)
  // What is wrong now, as a parser that is being loaded again, may be right the next time.
  if (statements === undefined) return `the parser does not understand it (${problem})`
  const reason = reasonOf(statements)
  if (text.length <= LONGEST_KEPT) keep(text, reason)
  return reason
}

function reasonOf(statements: readonly Statement[]): string | undefined {
  const [only] = statements
  if (only === undefined || statements.length > 1) return `it is ${statements.length} statements`
  if (!ALLOWED.has(only.tag)) return `a ${only.tag.replace(/Stmt$/, '')} statement could leave the identity`
  // In the tree a name is as the server reads it, however it was written.
  const calls = JSON.stringify(only.body).includes('"sval":"set_config"')
  return calls ? 'it calls set_config, which could change the identity' : undefined
}

function keep(text: string, reason: string | undefined): void {
  const oldest = known.size >= MOST_TEXTS ? known.keys().next() : undefined
  if (oldest?.done === false) known.delete(oldest.value)
  known.set(text, reason)
}
