import { errorCategory, HoldfastError, MigrationError } from '../index.js'
import type { ExitCode } from './command.js'
import type { Output } from './output.js'
import { UsageError } from './usage-error.js'

/** Failures that kept a command from starting: the exit code is 2. */
const OUT_OF_REACH = new Set([
  'configuration',
  'authentication',
  'refused',
  'unreachable',
  'tls',
  'timeout',
  'connection-lost',
  'overloaded',
])

/**
 * Tells what went wrong: on standard error, or with `--json` as an object on standard output.
 *
 * @returns the exit code that belongs to it
 */
export function reportError(output: Output, error: unknown): ExitCode {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (output.json) output.object({ ok: false, error: { name, ...fieldsOf(error), message } })
  output.note(`${output.paint('red', 'error:')} ${message}`)
  if (error instanceof UsageError) output.note('Run "holdfast --help", or "holdfast <command> --help".')
  return exitCodeOf(error)
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return 2
  if (error instanceof MigrationError) return 1
  return OUT_OF_REACH.has(errorCategory(error) ?? '') ? 2 : 1
}

/** What a program wants to know of an error besides its words. */
function fieldsOf(error: unknown): object {
  if (!(error instanceof HoldfastError)) return {}
  const { code, category, retry } = error
  const { file, line, column, sqlState } = error as {
    file?: string
    line?: number
    column?: number
    sqlState?: string
  }
  return { code, category, retry, file, line, column, sqlState }
}
