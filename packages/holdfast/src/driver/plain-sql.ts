/** Whitespace and comments before a statement; sticky, so that no text is read twice. */
const GAP = /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y

/** A text of SQL from its first word on. A cheap look, no parser: comments inside of comments are not understood. */
export function fromFirstWord(text: string): string {
  let position = 0
  for (GAP.lastIndex = 0; GAP.test(text); ) position = GAP.lastIndex
  return position === 0 ? text : text.slice(position)
}

/** Constants, quoted names and comments: what they contain is not SQL. */
const QUOTED =
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$/g

/** A text of SQL with each constant, quoted name and comment replaced by a space. */
export function withoutQuoted(text: string): string {
  return text.replace(QUOTED, ' ')
}
