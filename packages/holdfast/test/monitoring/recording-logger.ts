import type { Logger } from 'holdfast'

/** A line as it came. */
export interface Line {
  readonly level: keyof Logger
  // biome-ignore lint/suspicious/noExplicitAny: tests look at fields of any line
  readonly fields: any
  readonly message: string
}

/** A logger that remembers its lines. */
export function recordingLogger(): Logger & { readonly lines: Line[]; of(code: string): Line[] } {
  const lines: Line[] = []
  const take = (level: keyof Logger) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  const [debug, info, warn, error] = [take('debug'), take('info'), take('warn'), take('error')]
  return { lines, of: code => lines.filter(line => line.fields.code === code), debug, info, warn, error }
}
