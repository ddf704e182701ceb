import { callParser } from './parser.js'

/**
 * What texts that differ only in their constants have in common: 16 hexadecimal digits; `undefined` for a text that
 * cannot be parsed. `loadParser()` must have been awaited.
 */
export function fingerprint(text: string): string | undefined {
  const { value } = callParser(({ fingerprintSync }) => fingerprintSync(text))
  // What the scanner cannot read comes back as a message that quotes the text.
  return value !== undefined && /^[0-9a-f]{16}$/.test(value) ? value : undefined
}
