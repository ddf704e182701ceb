import { History } from '../history.js'
import type { MigrationClient, MigrationPool } from '../migration-client.js'
import { type MigrationFile, readMigrations } from '../migration-file.js'
import { type MigrateOptions, resolveMigrateOptions } from '../options.js'
import { planMigrations } from '../plan.js'
import { inSnapshot } from '../snapshot.js'
import { withOwnClient } from '../with-runners-lock.js'
import { type OwnedPool, withShadowDatabase } from './shadow-database.js'
import { countRows, type RowCount } from './table-rows.js'
import { applyUntraced, type TracedStatement, traceAlone, traceInTransaction } from './trace-file.js'

/** What {@link traceMigrations} takes. */
export interface TraceOptions extends Pick<MigrateOptions, 'directory' | 'table'> {
  /** Opens a pool of at least two connections on another database of the same server; it is ended after use. */
  readonly openDatabase: (name: string) => OwnedPool
  /** Ends the trace with an error, and drops the shadow database at once. */
  readonly signal?: AbortSignal
}

/** A pending file with what it will do. */
export interface TracedFile {
  readonly file: string
  readonly transactional: boolean
  readonly statements: readonly TracedStatement[]
}

/** A lock that keeps everybody from a table that has rows. */
export interface TraceWarning {
  readonly file: string
  readonly line: number
  readonly relation: string
  /** As PostgreSQL estimates it; null where it does not know. */
  readonly rows: RowCount
  readonly message: string
}

/** What {@link traceMigrations} saw. */
export interface MigrationTrace {
  readonly files: readonly TracedFile[]
  readonly warnings: readonly TraceWarning[]
}

/**
 * Tells which locks the pending migrations will take, by applying the folder to an empty shadow database that is
 * created for it and dropped again. The database itself is only read. Needs the right to create databases.
 *
 * @throws MigrationFileError when a file fails there: as it would in any new database
 * @throws OptionsError for an unknown or impossible option
 */
export async function traceMigrations(
  pool: MigrationPool,
  { openDatabase, signal, ...options }: TraceOptions,
): Promise<MigrationTrace> {
  const settings = resolveMigrateOptions(options)
  const files = await readMigrations(settings.directory)
  const rows = await inSnapshot(pool, client => new History(settings).read(client))
  const { pending } = planMigrations(
    files,
    rows.filter(row => row.finished),
  )
  if (pending.length === 0) return { files: [], warnings: [] }
  const traced = await withShadowDatabase({ pool, open: openDatabase, signal }, async shadow => {
    const done: TracedFile[] = []
    for (const file of files) {
      if (pending.includes(file)) done.push(await traceFile(shadow, file))
      else await withOwnClient(shadow, client => applyUntraced(client, file), true)
    }
    return done
  })
  return { files: traced, warnings: await warningsOf(pool, traced) }
}

async function traceFile(shadow: MigrationPool, file: MigrationFile): Promise<TracedFile> {
  const trace = (client: MigrationClient) =>
    file.transactional
      ? traceInTransaction(client, file)
      : withOwnClient(shadow, second => traceAlone(client, file, second))
  // Closed, so that the settings of one file do not reach the next.
  const statements = await withOwnClient(shadow, trace, true)
  return { file: file.name, transactional: file.transactional, statements }
}

async function warningsOf(
  pool: MigrationPool,
  files: readonly TracedFile[],
): Promise<readonly TraceWarning[]> {
  const blocking = files.flatMap(({ file, statements }) =>
    statements.flatMap(({ line, locks }) =>
      locks.filter(lock => lock.blocks === 'reads and writes').map(lock => ({ file, line, ...lock })),
    ),
  )
  const counts = await countRows(pool, [...new Set(blocking.map(({ relation }) => relation))])
  return blocking.flatMap(({ file, line, relation, mode, rewrites }) => {
    const rows = counts.get(relation) ?? null
    if (rows === 0) return []
    const many = rows === null ? 'rows' : `about ${rows.toLocaleString('en')} rows`
    const anew = rewrites ? ', while the whole table is written anew' : ''
    const message = `takes ${mode} on ${relation}, which has ${many}: nobody can read or write it until the file has ended${anew}.`
    return [{ file, line, relation, rows, message }]
  })
}
