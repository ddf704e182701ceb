import type { LoggedError } from './log-problem.js'

/** The lines that pino writes, as far as they are shown. */
interface Entry {
  readonly level: number
  readonly time: number
  readonly msg?: string
  readonly reqId?: string
  readonly error?: LoggedError
  readonly [field: string]: unknown
}

/** pino's numbers. */
const LEVELS: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}

/** Fields that have a place of their own in the line, or none. */
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name', 'reqId', 'error'])

/** A destination for pino that writes one line a person can read for each line of JSON, and a stack below an error. */
export function readableLog(write: (line: string) => void): { write(json: string): void } {
  return { write: json => write(`${readable(JSON.parse(json) as Entry)}\n`) }
}

/** `18:30:00.000 INFO  [3fa85f64] Request method=GET route=/api/creators status=200 ms=1.2` */
function readable(entry: Entry): string {
  const time = new Date(entry.time).toISOString().slice(11, 23)
  const level = (LEVELS[entry.level] ?? String(entry.level)).padEnd(5)
  const fields = Object.entries(entry)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const request = entry.reqId === undefined ? [] : [`[${entry.reqId.slice(0, 8)}]`]
  return [[time, level, ...request, entry.msg ?? '', ...fields].join(' '), ...stacks(entry.error)].join('\n')
}

/** An error and its causes, each indented below the line. */
function stacks(error: LoggedError | undefined): string[] {
  if (error === undefined) return []
  const { name, code, category, stack } = error
  // What was thrown need not be an error with a stack.
  const own = stack ?? [name, code, category].filter(part => part !== undefined).join(' ')
  return [own.replace(/^/gm, '    '), ...stacks(error.cause)]
}
