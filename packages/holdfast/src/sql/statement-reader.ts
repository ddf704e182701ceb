import { fingerprint } from './fingerprint.js'
import { normalizeStatement } from './normalize.js'
import { loadParser } from './parser.js'

/** Makes statements fit to be shown and compared. Loads the parser, once per process. */
export async function loadStatementReader() {
  await loadParser()
  return { fingerprint, normalize: normalizeStatement }
}
