import pg from 'pg'
import type { ErrorCategory, Retry } from '../base/errors.js'
import { poolerMeaning } from './pooler-errors.js'
import { meaningOf } from './sqlstate.js'

declare module 'pg' {
  interface DatabaseError {
    /** What kind of failure it is; set by Holdfast on every error of its pools. */
    category?: ErrorCategory
    /** Whether trying again can help, and whether that is safe; set by Holdfast. */
    retry?: Retry
  }
}

/** Fields in which the server repeats data: rows, keys, statements. Readable, but not printed or logged. */
const FIELDS_WITH_DATA = ['detail', 'where', 'internalQuery'] as const

/** Class 22 "data exception" messages quote the offending value between double quotes. */
const QUOTED = /"(?:[^"]|"")*"/g

/**
 * Prepares an error answer of PostgreSQL for the caller: adds `category` and `retry`, replaces parameter values
 * quoted in the message by `"…"`, and takes the fields that repeat data out of what loggers print. The object
 * stays pg's `DatabaseError` with its SQLSTATE and all its fields.
 */
export function maskError(error: Error, values: readonly unknown[] | undefined): Error {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return error
  const { category, retry } = poolerMeaning(error) ?? meaningOf(error.code)
  for (const field of FIELDS_WITH_DATA) hide(error, field, error[field])
  hide(error, 'category', category)
  hide(error, 'retry', retry)
  error.message = maskMessage(error.message, error.code, values)
  // The stack text was made with the original message in it.
  Error.captureStackTrace(error)
  return error
}

/** A message without the values it repeats. */
function maskMessage(message: string, code: string, values: readonly unknown[] | undefined): string {
  if (code.startsWith('22')) return message.replaceAll(QUOTED, '"…"')
  if (values === undefined) return message
  return values.reduce<string>((text, value) => text.replaceAll(`"${asText(value)}"`, '"…"'), message)
}

function asText(value: unknown): string {
  return typeof value === 'object' ? '' : String(value)
}

/** Keeps a field readable and takes it out of what is printed. */
function hide(error: Error, field: string, value: unknown): void {
  Object.defineProperty(error, field, { value, enumerable: false, configurable: true, writable: true })
}
