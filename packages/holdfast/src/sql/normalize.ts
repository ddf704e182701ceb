import { callParser } from './parser.js'

interface Token {
  /** In UTF-8 bytes, like `end`. */
  readonly start: number
  readonly end: number
  readonly tokenName: string
}

/** Strings of every kind and numbers; not `$1`. */
const LITERAL = /^(?:\.?\d|(?:[bBxXeEnN]|[uU]&)?'|\$(?!\d))/
/** Where a text that cannot be scanned may begin to hold a value. */
const SUSPICIOUS = /['"$]|--|\/\*/

/**
 * A text fit to be shown: literals replaced by `?`, comments left out, white space made one space. By PostgreSQL's own
 * scanner, so it needs no correct syntax; of what even that cannot read, only the words before the first quote.
 * `loadParser()` must have been awaited.
 */
export function normalizeStatement(text: string): string {
  if (text === '') return ''
  const { value } = callParser(({ scanSync }) => scanSync(text).tokens as readonly Token[])
  return value === undefined ? beforeQuotes(text) : withoutLiterals(text, value)
}

function withoutLiterals(text: string, tokens: readonly Token[]): string {
  const bytes = Buffer.from(text)
  let result = ''
  let end = 0
  for (const token of tokens) {
    const isComment = token.tokenName.endsWith('_COMMENT')
    if (token.start > end || isComment) result += ' '
    end = token.end
    if (isComment) continue
    const source = bytes.toString('utf8', token.start, token.end)
    result += LITERAL.test(source) ? '?' : source
  }
  return result.replace(/ +/g, ' ').trim()
}

function beforeQuotes(text: string): string {
  const at = text.search(SUSPICIOUS)
  const words = at === -1 ? text : text.slice(0, at)
  return `${words.replace(/\d+/g, '?').replace(/\s+/g, ' ').trim()} …`
}
