import { describeStatement } from './describe-statement.js'
import type { SpanAttributes } from './span-attributes.js'

/** What the span of a statement begins with. */
export interface SpanStart {
  readonly name: string
  /** Shared by all spans of the statement: to copy it for each would cost more than the rest of the span. */
  readonly attributes: SpanAttributes
}

/** Longer texts are told cut off, and not remembered. */
const LONGEST_TEXT = 4_096
const MOST_REMEMBERED = 1_000

/** Describes statements for their spans, each text once as long as it comes again. */
export class StatementWords {
  readonly #common: SpanAttributes
  readonly #known = new Map<string, SpanStart>()

  /** @param common attributes of every span */
  constructor(common: SpanAttributes) {
    this.#common = common
  }

  of(text: string): SpanStart {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (text.length > LONGEST_TEXT) return this.#describe(text.slice(0, LONGEST_TEXT))
    const start = this.#describe(text)
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear()
    this.#known.set(text, start)
    return start
  }

  #describe(given: string): SpanStart {
    const { summary, text } = describeStatement(given)
    const attributes = Object.freeze({
      ...this.#common,
      ...(summary === '' ? {} : { 'db.query.summary': summary }),
      ...(text === '' ? {} : { 'db.query.text': text }),
    })
    return { name: summary || 'postgresql', attributes }
  }
}
