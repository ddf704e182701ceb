import { type DescribedStatement, describeStatement } from './describe-statement.js'

/** Longer texts are told cut off, and not remembered. */
export const LONGEST_TEXT = 4_096
const MOST_REMEMBERED = 1_000

/** Describes statements, each text once as long as it comes again. */
export class StatementWords {
  readonly #known = new Map<string, DescribedStatement>()

  of(text: string): DescribedStatement {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const described = describeStatement(text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text)
    if (text.length <= LONGEST_TEXT) {
      if (this.#known.size >= MOST_REMEMBERED) this.#known.clear()
      this.#known.set(text, described)
    }
    return described
  }
}
