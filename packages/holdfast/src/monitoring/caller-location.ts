import { fileURLToPath } from 'node:url'

/** Our own files, whoever installed them and where. */
const OWN = new URL('..', import.meta.url).href
const FRAME = /(?:^at (?:async )?|\()((?:file:\/\/)?\/.*:\d+:\d+|[A-Za-z]:\\.*:\d+:\d+)\)?$/
/** Enough to get past our own frames and an ORM's. */
const DEPTH = 30

/** Where a stack leaves our code and that of other packages: `file:line:column`; `undefined` when it does not. */
export function locationIn(stack: string | undefined): string | undefined {
  for (const line of stack?.split('\n').slice(1) ?? []) {
    const found = FRAME.exec(line.trim())?.[1]
    if (found === undefined || !isForeign(found)) continue
    return found.startsWith('file:') ? withoutScheme(found) : found
  }
  return undefined
}

/** The stack at this moment, deep enough to find a caller; with those who await it. */
export function stackHere(): string | undefined {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = DEPTH
  const { stack } = new Error('here')
  Error.stackTraceLimit = stackTraceLimit
  return stack
}

function isForeign(place: string): boolean {
  return !place.startsWith(OWN) && !/[\\/]node_modules[\\/]/.test(place)
}

function withoutScheme(place: string): string {
  const [, url, position] = /^(.*?)((?::\d+){2})$/.exec(place) ?? []
  return url === undefined ? place : fileURLToPath(url) + position
}
