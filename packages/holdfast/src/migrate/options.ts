import { type Duration, describeGiven, parseDuration } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import { quoteIdentifier } from '../sql/identifier.js'

/** What a runner is doing, for a line on the screen. */
export type MigrationProgress =
  | { readonly state: 'waiting'; readonly reason: string }
  | { readonly state: 'started' | 'applied'; readonly file: string }
  | { readonly state: 'retrying'; readonly file: string; readonly attempt: number; readonly reason: string }
  | { readonly state: 'cleaned'; readonly file: string; readonly index: string }
  | { readonly state: 'running'; readonly file: string; readonly command: CommandProgress }

/** How far a long command is, as PostgreSQL tells it. */
export interface CommandProgress {
  /** `CREATE INDEX CONCURRENTLY`, `VACUUM`, … */
  readonly command: string
  /** The table that is worked on, with its schema. */
  readonly table: string | null
  /** PostgreSQL's words: `building index: scanning table`. */
  readonly phase: string
  /** The part of this phase that is done, from 0 to 1; null where PostgreSQL does not tell. */
  readonly fraction: number | null
}

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
  /**
   * The schemas whose definitions the fingerprint is made of, which is stored after each file and tells later whether
   * somebody else has changed them. Default: those of the connection's search path.
   */
  readonly schemas?: readonly string[]
  /**
   * How often PostgreSQL is asked how far a long command is, for `onProgress`; it takes a second connection of the
   * pool. Default 0: never.
   */
  readonly watchInterval?: Duration
  /** Called at each step; what it throws stops the run before the next step, except while a command is `running`. */
  readonly onProgress?: (progress: MigrationProgress) => void
}

/** Where the history is. */
export interface HistoryLocation {
  readonly schema: string
  readonly table: string
  /** Schema and table, quoted, to be spliced into SQL. */
  readonly qualifiedTable: string
}

/** {@link MigrateOptions}, checked and complete. */
export interface MigrateSettings extends HistoryLocation {
  readonly directory: string | URL
  readonly together: boolean
  readonly lockTimeoutMillis: number
  readonly attempts: number
  readonly waitTimeoutMillis: number
  readonly schemas: readonly string[] | undefined
  readonly watchIntervalMillis: number
  readonly onProgress: (progress: MigrationProgress) => void
}

const KNOWN = new Set([
  'directory',
  'table',
  'transaction',
  'lockTimeout',
  'attempts',
  'waitTimeout',
  'schemas',
  'watchInterval',
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
  return Object.freeze({
    directory,
    ...resolveTable(options.table),
    together: transaction === 'all',
    lockTimeoutMillis: parseDuration(options.lockTimeout ?? '2s', 'lockTimeout'),
    attempts,
    waitTimeoutMillis: parseDuration(options.waitTimeout ?? '10m', 'waitTimeout'),
    schemas: checkSchemas(options.schemas),
    watchIntervalMillis: parseDuration(options.watchInterval ?? 0, 'watchInterval'),
    onProgress: options.onProgress ?? (() => {}),
  })
}

/**
 * Where a history table is.
 *
 * @param name default `'holdfast.migrations'`
 * @throws OptionsError when it is not a schema and a table
 */
export function resolveTable(name = 'holdfast.migrations'): HistoryLocation {
  const [schema, table] = splitTable(name)
  return { schema, table, qualifiedTable: `${quoteIdentifier(schema)}.${quoteIdentifier(table)}` }
}

/**
 * Checks a list of which each entry is one of some words.
 *
 * @throws OptionsError naming the option and the words
 */
export function listOption<Word extends string>(
  name: string,
  words: readonly Word[],
  given: readonly Word[],
): readonly Word[] {
  const unknown = Array.isArray(given) ? given.find(each => !words.includes(each)) : given
  if (Array.isArray(given) && unknown === undefined) return given
  throw impossible(name, `a list of ${words.join(', ')}`, unknown)
}

function checkSchemas(schemas: unknown): readonly string[] | undefined {
  if (schemas === undefined) return undefined
  if (
    Array.isArray(schemas) &&
    schemas.length > 0 &&
    schemas.every(name => typeof name === 'string' && name)
  ) {
    return [...schemas]
  }
  throw impossible('schemas', 'a list of names of schemas', schemas)
}

function splitTable(name: string): [schema: string, table: string] {
  const [schema, table, ...rest] = typeof name === 'string' ? name.split('.') : []
  if (schema && table && rest.length === 0) return [schema, table]
  throw impossible('table', "a schema and a table, such as 'holdfast.migrations'", name)
}

function impossible(path: string, expected: string, given: unknown): OptionsError {
  return new OptionsError(path, expected, describeGiven(given))
}
