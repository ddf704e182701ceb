import { type Duration, describeGiven, parseDuration } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import { quoteIdentifier } from '../sql/identifier.js'

/** What a runner is doing, for a line on the screen. */
export type MigrationProgress =
  | { readonly state: 'waiting'; readonly reason: string }
  | { readonly state: 'started' | 'applied'; readonly file: string }
  | { readonly state: 'retrying'; readonly file: string; readonly attempt: number; readonly reason: string }

/** How {@link migrate} works. */
export interface MigrateOptions {
  /** The folder with the `NNNN_name.sql` files: a path, or a `file:` URL. */
  readonly directory: string | URL
  /** The history table with its schema, both created when absent. Default `'holdfast.migrations'`. */
  readonly table?: string
  /** One transaction for each file (the default), or one for all pending files together: all or nothing. */
  readonly transaction?: 'each' | 'all'
  /** How long a statement may wait for a lock before the file is rolled back and tried again. Default `'2s'`. */
  readonly lockTimeout?: Duration
  /** How often one file is tried when it meets a lock timeout or a deadlock. Default 20. */
  readonly attempts?: number
  /** How long to wait for another runner that is at work. Default `'10m'`. */
  readonly waitTimeout?: Duration
  /** Called at each step; what it throws stops the run before the next step. */
  readonly onProgress?: (progress: MigrationProgress) => void
}

/** {@link MigrateOptions}, checked and complete. */
export interface MigrateSettings {
  readonly directory: string | URL
  readonly schema: string
  readonly table: string
  /** Schema and table, quoted, to be spliced into SQL. */
  readonly qualifiedTable: string
  readonly together: boolean
  readonly lockTimeoutMillis: number
  readonly attempts: number
  readonly waitTimeoutMillis: number
  readonly onProgress: (progress: MigrationProgress) => void
}

const KNOWN = new Set([
  'directory',
  'table',
  'transaction',
  'lockTimeout',
  'attempts',
  'waitTimeout',
  'onProgress',
])

/**
 * Checks the options once.
 *
 * @throws OptionsError naming the unknown or impossible one
 */
export function resolveMigrateOptions(options: MigrateOptions): MigrateSettings {
  const unknown = Object.keys(options).find(key => !KNOWN.has(key))
  if (unknown !== undefined)
    throw new OptionsError(unknown, `one of ${[...KNOWN].join(', ')}`, 'an unknown option')
  const { directory, attempts = 20, transaction = 'each' } = options
  if (typeof directory !== 'string' && !(directory instanceof URL)) {
    throw impossible('directory', 'a path or a file: URL', directory)
  }
  if (!(Number.isSafeInteger(attempts) && attempts > 0)) {
    throw impossible('attempts', 'a whole number from 1', attempts)
  }
  if (transaction !== 'each' && transaction !== 'all') {
    throw impossible('transaction', "'each' or 'all'", transaction)
  }
  const [schema, table] = splitTable(options.table ?? 'holdfast.migrations')
  return Object.freeze({
    directory,
    schema,
    table,
    qualifiedTable: `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`,
    together: transaction === 'all',
    lockTimeoutMillis: parseDuration(options.lockTimeout ?? '2s', 'lockTimeout'),
    attempts,
    waitTimeoutMillis: parseDuration(options.waitTimeout ?? '10m', 'waitTimeout'),
    onProgress: options.onProgress ?? (() => {}),
  })
}

function splitTable(name: string): [schema: string, table: string] {
  const [schema, table, ...rest] = typeof name === 'string' ? name.split('.') : []
  if (schema && table && rest.length === 0) return [schema, table]
  throw impossible('table', "a schema and a table, such as 'holdfast.migrations'", name)
}

function impossible(path: string, expected: string, given: unknown): OptionsError {
  return new OptionsError(path, expected, describeGiven(given))
}
