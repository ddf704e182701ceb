import { loadedParser } from './parse.js'

/**
 * What texts that differ only in their constants have in common: 16 hexadecimal digits; `undefined` for a text that
 * cannot be parsed. `loadParser()` must have been awaited.
 */
export function fingerprint(text: string): string | undefined {
  try {
    return loadedParser().fingerprintSync(text)
  } catch {
    return undefined
  }
}
