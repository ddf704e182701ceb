/** A piece of SQL. `space`: blanks and comments. */
export interface SqlToken {
  readonly kind: 'literal' | 'word' | 'name' | 'parameter' | 'space' | 'sign'
  readonly text: string
}

/**
 * The pieces at the start of the rest of a text, tried in this order. What has no end goes to the end of the text: better too
 * much is masked than a literal told.
 */
const PIECES: readonly (readonly [SqlToken['kind'], RegExp])[] = [
  ['space', /\s+|--[^\n]*/y],
  // With the prefix E a backslash takes the next character with it.
  ['literal', /[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)/y],
  ['literal', /(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|$)/y],
  ['literal', /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\1\$|$)/y],
  ['parameter', /\$\d+/y],
  ['name', /(?:[uU]&)?"(?:[^"]|"")*(?:"|$)/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['literal', /(?:\d|\.\d)[\w.]*(?:(?<=[\d.][eE])[+-]\d+)?/y],
  ['sign', /[\s\S]/y],
]

/** Takes a text of SQL to pieces: all of them together are the text. Never fails, whatever the text. */
export function sqlTokens(text: string): SqlToken[] {
  const tokens: SqlToken[] = []
  for (let at = 0; at < text.length; ) {
    const token = text.startsWith('/*', at) ? commentAt(text, at) : tokenAt(text, at)
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function tokenAt(text: string, at: number): SqlToken {
  for (const [kind, piece] of PIECES) {
    piece.lastIndex = at
    const found = piece.exec(text)?.[0]
    if (found) return { kind, text: found }
  }
  return { kind: 'sign', text: text.charAt(at) }
}

/** PostgreSQL's comments nest. */
function commentAt(text: string, start: number): SqlToken {
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  let depth = 0
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return { kind: 'space', text: text.slice(start, marks.lastIndex) }
  }
  return { kind: 'space', text: text.slice(start) }
}
