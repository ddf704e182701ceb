import { sqlTokens } from './sql-tokens.js'
import { summaryOf } from './statement-summary.js'

/** A statement as it may be told: nothing of its literals and comments is left. */
export interface DescribedStatement {
  /** `SELECT users orders`; empty when nothing can be said. */
  readonly summary: string
  /** With `?` for each literal. */
  readonly text: string
}

/**
 * Describes a statement for people and for grouping, by its words and not by its grammar: it takes microseconds, and a text
 * that PostgreSQL would refuse has a description too.
 */
export function describeStatement(text: string): DescribedStatement {
  const tokens = sqlTokens(text)
  // Blanks inside a quoted name are told as one too: names like that are rarer than wide indentation.
  const masked = tokens.map(({ kind, text }) => (kind === 'literal' ? '?' : kind === 'space' ? ' ' : text))
  return { summary: summaryOf(tokens), text: masked.join('').replaceAll(/ +/g, ' ').trim() }
}
