const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

/** Narrower than this, in characters, nothing is laid out. */
const NARROWEST = 40

export type Style = keyof typeof STYLES

/** What is written to: standard output and standard error have it. */
export interface OutputStream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Where a command writes. */
export interface OutputStreams {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What a person or a program gets to read: results on standard output, everything else on standard error. */
export class Output {
  /** Whether the result is to be one JSON object. */
  readonly json: boolean
  readonly stderr: OutputStream
  /** Whether somebody sees the progress on standard error change. */
  readonly isLive: boolean
  readonly #stdout: OutputStream
  readonly #colours: boolean

  constructor({ stdout, stderr, env }: OutputStreams, flags: { json: boolean; plain: boolean }) {
    this.#stdout = stdout
    this.stderr = stderr
    this.json = flags.json
    this.isLive = stderr.isTTY === true && env.TERM !== 'dumb' && !flags.json
    this.#colours = !flags.plain && stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  }

  /** A line of the result. */
  line(text = ''): void {
    this.#stdout.write(`${text}\n`)
  }

  /** A line beside the result: progress, hints, errors. Nothing with `--json`. */
  note(text: string): void {
    if (!this.json) this.stderr.write(`${text}\n`)
  }

  /** Whether the result goes to a terminal, where it can be drawn over. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true && !this.json
  }

  /** How many characters a line of the result has room for. */
  get columns(): number {
    return Math.max(NARROWEST, this.#stdout.columns || 100)
  }

  /** The result anew: on a terminal over what stood there, elsewhere below it. */
  redraw(lines: readonly string[]): void {
    const end = this.isTerminal ? '\u001B[K\n' : '\n'
    const text = lines.map(line => line + end).join('')
    this.#stdout.write(this.isTerminal ? `\u001B[H${text}\u001B[J` : `${text}\n`)
  }

  /** The result as one JSON object. */
  object(value: object): void {
    this.#stdout.write(`${JSON.stringify(value)}\n`)
  }

  /** The text in a colour where colours are wanted. */
  paint(style: Style, text: string): string {
    return this.#colours ? `\u001B[${STYLES[style]}m${text}\u001B[0m` : text
  }

  /** Rows with their columns aligned; the first is the head. */
  table(rows: readonly (readonly string[])[]): void {
    const widths = (rows[0] ?? []).map((_, column) =>
      Math.max(...rows.map(row => (row[column] ?? '').length)),
    )
    for (const [index, row] of rows.entries()) {
      const line = row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()
      this.line(index === 0 ? this.paint('bold', line) : line)
    }
  }
}
