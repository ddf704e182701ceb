import { type CatalogDrift, driftBetween, readFingerprint } from './catalog-fingerprint.js'
import { newestFingerprint } from './fingerprint-store.js'
import { History } from './history.js'
import { lookAtHistory } from './history-table.js'
import type { MigrationClient, MigrationPool } from './migration-client.js'
import { readMigrations } from './migration-file.js'
import { type MigrationProblem, type MigrationState, problemsOf, statesOf } from './migration-state.js'
import { resolveTable } from './options.js'
import { inSnapshot } from './snapshot.js'

/** Where {@link inspectMigrations} looks. */
export interface InspectOptions {
  /** The folder with the files. Absent: only what the database itself says is looked at. */
  readonly directory?: string | URL
  /** The history table. Default `'holdfast.migrations'`. */
  readonly table?: string
}

/** What {@link inspectMigrations} saw. */
export interface MigrationInspection {
  /** Schema and name of the history table. */
  readonly table: string
  /** Whether the database has it. */
  readonly exists: boolean
  /** All files of the folder and of the history, by number. */
  readonly migrations: readonly MigrationState[]
  /** Everything that is wrong, empty when all is well. Files that are only pending are not. */
  readonly problems: readonly MigrationProblem[]
  /** Whether the definitions are still what they were after the last file of any history of this database. */
  readonly fingerprint: FingerprintComparison
}

/** The definitions of now compared with those stored after the last file. */
export interface FingerprintComparison {
  /** `unknown`: none was stored, or by another major version of PostgreSQL, which writes definitions differently. */
  readonly state: 'equal' | 'different' | 'unknown'
  /** The file after which it was stored. */
  readonly file?: string
  /** What differs, when something does: `column public.users.bio`. */
  readonly drift?: CatalogDrift
}

/**
 * Tells how the migrations of a database stand, and what is wrong. Reads only: in a read-only transaction of its own
 * when given a pool, inside the open transaction of a client when given one, which it leaves as it was.
 *
 * @throws OptionsError for an impossible option, MigrationError for a folder or a file that cannot be read
 */
export async function inspectMigrations(
  database: MigrationPool | MigrationClient,
  options: InspectOptions = {},
): Promise<MigrationInspection> {
  const settings = resolveTable(options.table)
  const files = options.directory === undefined ? undefined : await readMigrations(options.directory)
  return inSnapshot(database, async client => {
    const { table: exists } = await lookAtHistory(client, settings)
    const rows = await new History(settings).read(client)
    const fingerprint = await compareFingerprint(client)
    return {
      table: `${settings.schema}.${settings.table}`,
      exists,
      migrations: statesOf(files, rows),
      problems: [...problemsOf(files, rows), ...driftProblems(fingerprint)],
      fingerprint,
    }
  })
}

/** Compares the definitions of now with the newest stored ones. Must run inside a transaction. */
async function compareFingerprint(client: MigrationClient): Promise<FingerprintComparison> {
  const stored = await newestFingerprint(client)
  if (stored === undefined) return { state: 'unknown' }
  const now = await readFingerprint(client, stored.schemas)
  const { file } = stored
  if (now.version !== stored.version) return { state: 'unknown', file }
  const drift = driftBetween(stored.objects, now.objects)
  return drift === undefined ? { state: 'equal', file } : { state: 'different', file, drift }
}

function driftProblems({ file, drift }: FingerprintComparison): MigrationProblem[] {
  if (file === undefined || drift === undefined) return []
  const count = drift.added.length + drift.removed.length + drift.changed.length
  const [first] = [...drift.changed, ...drift.removed, ...drift.added]
  const rest = count > 1 ? ` and ${count - 1} more` : ''
  return [
    {
      kind: 'drift',
      file,
      message: `since this file was applied, something else has changed the definitions: ${first}${rest}.`,
      remedy:
        'Put the change into a migration, or undo it; or accept the database as it is now with: holdfast migrate repair --only drift',
    },
  ]
}
