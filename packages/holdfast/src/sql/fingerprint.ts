import { callParser } from './parser.js'

/**
 * What texts that differ only in their constants have in common: 16 hexadecimal digits; `undefined` for a text that
 * cannot be parsed. `loadParser()` must have been awaited.
 */
export function fingerprint(text: string): string | undefined {
  return callParser(({ fingerprintSync }) => fingerprintSync(text)).value
}
