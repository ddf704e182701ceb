/** Longer texts are rare, and would take the room of many. */
const LONGEST = 256
const MOST = 4_096

/** What was made of texts lately: of values that are asked for again and again it is made once. At most some megabytes. */
export class TextMemo {
  readonly #known = new Map<string, string>()

  get(text: string): string | undefined {
    return this.#known.get(text)
  }

  /** Remembers what was made of a text. @returns that */
  keep(text: string, made: string): string {
    if (text.length > LONGEST) return made
    if (this.#known.size >= MOST) this.#known.clear()
    this.#known.set(text, made)
    return made
  }

  clear(): void {
    this.#known.clear()
  }
}
