const SQLSTATE = /^[0-9A-Z]{5}$/
/** Our own codes, and those of Node.js such as `ECONNRESET`. */
const CODE = /^[A-Z][A-Z0-9_]{1,47}$/
const NAME = /^[A-Za-z]{1,48}$/

/** What an error without a code or name of its own counts as; OpenTelemetry's word. */
export const OTHER_ERROR = '_OTHER'

/** The kind of an error as `error.type`: its SQLSTATE or our code, else what Node.js calls it. Never its message. */
export function errorType(error: Error): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && CODE.test(code)) return code
  if (typeof code === 'string' && SQLSTATE.test(code)) return code
  return typeof name === 'string' && NAME.test(name) ? name : OTHER_ERROR
}

/** Whether the kind of an error is a SQLSTATE: PostgreSQL answered with it. Node.js' `EPIPE` looks like one. */
export function isSqlState(type: string | undefined): boolean {
  return type !== undefined && SQLSTATE.test(type) && !/^E[A-Z]{4}$/.test(type)
}
