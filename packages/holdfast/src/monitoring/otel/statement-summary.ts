import type { SqlToken } from './sql-tokens.js'

/** OpenTelemetry's limit, in characters. */
const LONGEST_SUMMARY = 255

const OPERATIONS = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'])
/** After these they lock, or say what else is to happen. */
const BEFORE_NO_OPERATION = new Set(['FOR', 'KEY', 'ON', 'DO', 'THEN'])
/** Statements that begin like this contain operations; all others are told by their first words alone. */
const BEFORE_OPERATIONS = new Set(['WITH', 'EXPLAIN', ...OPERATIONS])
const BEFORE_TARGETS = new Set(['FROM', 'JOIN', 'INTO', 'USING', 'UPDATE'])
/** May stand before a table's name. */
const FILLERS = new Set(['ONLY', 'LATERAL', 'AS'])
/** Whose second word says what they are about. */
const TWO_WORDS = new Set(['CREATE', 'ALTER', 'DROP', 'SET'])

/** Operations and their tables in the order of the text: `INSERT orders SELECT carts`. At most 255 characters. */
export function summaryOf(tokens: readonly SqlToken[]): string {
  const words = tokens.filter(({ kind }) => kind !== 'space')
  const statements = split(words)
  return shortened(statements.flatMap(statement => wordsOf(statement)))
}

/** Statements of one text; a semicolon inside parentheses is none of theirs, and fails anyway. */
function split(tokens: readonly SqlToken[]): SqlToken[][] {
  const statements: SqlToken[][] = [[]]
  for (const token of tokens) {
    if (token.text === ';') statements.push([])
    else statements.at(-1)?.push(token)
  }
  return statements.filter(statement => statement.length > 0)
}

function wordsOf(statement: readonly SqlToken[]): string[] {
  const start = statement.findIndex(({ kind }) => kind !== 'sign')
  const first = upper(statement[start])
  if (statement[start]?.kind !== 'word') return []
  if (BEFORE_OPERATIONS.has(first)) {
    return [...(first === 'EXPLAIN' ? [first] : []), ...operationsOf(statement)]
  }
  const second = statement[start + 1]
  return TWO_WORDS.has(first) && second?.kind === 'word' ? [first, upper(second)] : [first]
}

function operationsOf(statement: readonly SqlToken[]): string[] {
  const words: string[] = []
  // For each open parenthesis, and the statement itself: whether it holds a query. FROM elsewhere is an argument's.
  const queries = [true]
  statement.forEach((token, at) => {
    if (token.text === '(') queries.push(false)
    if (token.text === ')' && queries.length > 1) queries.pop()
    if (token.kind !== 'word') return
    const [word, previous] = [upper(token), upper(statement[at - 1])]
    const isOperation = OPERATIONS.has(word) && !BEFORE_NO_OPERATION.has(previous)
    if (isOperation) {
      words.push(word)
      queries[queries.length - 1] = true
    }
    const isAboutTables = BEFORE_TARGETS.has(word) && (word !== 'UPDATE' || isOperation)
    // IS DISTINCT FROM compares.
    if (isAboutTables && queries.at(-1) && previous !== 'DISTINCT')
      words.push(...targetsAt(statement, at + 1))
  })
  return words
}

/** The tables of a list that begins here; functions and subqueries are none. */
function targetsAt(statement: readonly SqlToken[], start: number): string[] {
  let at = start
  while (FILLERS.has(upper(statement[at]))) at++
  let name = ''
  for (; isName(statement[at]); at += 2) {
    name += statement[at]?.text
    if (statement[at + 1]?.text !== '.') break
    name += '.'
  }
  if (name === '') return []
  const isFunction = statement[at + 1]?.text === '(' && upper(statement[start - 1]) !== 'INTO'
  const comma = [at + 1, at + 2, at + 3].find(each => !isName(statement[each]))
  const more = statement[comma ?? at]?.text === ',' ? targetsAt(statement, (comma ?? at) + 1) : []
  return isFunction ? more : [name, ...more]
}

function isName(token: SqlToken | undefined): boolean {
  return token?.kind === 'word' || token?.kind === 'name'
}

function upper(token: SqlToken | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : ''
}

function shortened(words: readonly string[]): string {
  let summary = ''
  for (const word of words) {
    const longer = summary === '' ? word : `${summary} ${word}`
    if (longer.length > LONGEST_SUMMARY) break
    summary = longer
  }
  return summary
}
