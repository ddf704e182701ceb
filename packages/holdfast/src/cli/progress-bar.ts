import type { OutputStream } from './output.js'

const WIDTH = 24
const CLEAR_LINE = '\r\u001B[K'
const NARROWEST = 40

/** A line at the bottom of a terminal that says how far something is; nothing at all where nobody sees it change. */
export class ProgressBar {
  readonly #stream: OutputStream
  readonly #isLive: boolean
  #shown = false

  constructor(stream: OutputStream, isLive: boolean) {
    this.#stream = stream
    this.#isLive = isLive
  }

  /** @param fraction from 0 to 1; absent where nobody knows */
  show(text: string, fraction?: number): void {
    if (!this.#isLive) return
    const columns = Math.max(NARROWEST, this.#stream.columns || 80)
    const line = fraction === undefined ? `… ${text}` : `${barOf(fraction)} ${text}`
    // A line that wraps could not be cleared again.
    this.#stream.write(CLEAR_LINE + line.slice(0, columns - 1))
    this.#shown = true
  }

  /** Takes the line away, so that another one can be written. */
  clear(): void {
    if (this.#shown) this.#stream.write(CLEAR_LINE)
    this.#shown = false
  }
}

/** A bar with its percentage: `[██████──────]  50 %`. */
export function barOf(fraction: number): string {
  const part = Math.min(1, Math.max(0, fraction))
  const full = Math.round(part * WIDTH)
  return `[${'█'.repeat(full)}${'─'.repeat(WIDTH - full)}] ${String(Math.floor(part * 100)).padStart(3)} %`
}
