import { createRequire } from 'node:module'
import type * as Parser from 'libpg-query'

const require = createRequire(import.meta.url)

/** Reloads of one process at most: each leaves an instance behind that nothing can free. */
const MOST_RELOADS = 20

let parser: typeof Parser | undefined
let loading: Promise<void> | undefined
let reloads = 0

/** Loads PostgreSQL's own parser, once per process. Rejects when the module cannot be instantiated. */
export function loadParser(): Promise<void> {
  loading ??= load(import('libpg-query')).catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

/** Waits for an instance and makes it the one that is used. */
async function load(importing: typeof Parser | Promise<typeof Parser>): Promise<void> {
  const module = await importing
  await module.loadModule()
  parser = module
}

/** Whether texts can be parsed now: not while the parser is loaded again after it has crashed. */
export function isParserReady(): boolean {
  return parser !== undefined
}

/** What the parser gave, or why it gave nothing. */
export type Parsing<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string }

/**
 * Calls the parser. A text that is nested too deeply makes it overrun its stack: what is in its memory then cannot be
 * trusted any more, and a new instance takes its place.
 *
 * @throws Error when {@link loadParser} has not been awaited
 */
export function callParser<Value>(call: (parser: typeof Parser) => Value): Parsing<Value> {
  if (loading === undefined) throw new Error('The SQL parser is not loaded: await loadParser() first.')
  if (parser === undefined) return { problem: 'the parser is being loaded' }
  try {
    return { value: call(parser) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'unknown reason'
    // What is wrong with the text comes as an error of the parser's own.
    if (error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError')) reload()
    return { problem }
  }
}

/** Gives the crashed instance up and makes another one, without waiting for it. */
function reload(): void {
  parser = undefined
  if (++reloads > MOST_RELOADS) return
  // Only a CommonJS module can be forgotten, and so be made anew.
  delete require.cache[require.resolve('libpg-query')]
  load(require('libpg-query') as typeof Parser).catch(() => undefined)
}
