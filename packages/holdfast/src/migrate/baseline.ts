import { MigrationError } from '../base/errors.js'
import { rememberFingerprint } from './fingerprint-store.js'
import { History } from './history.js'
import type { MigrationPool } from './migration-client.js'
import { readMigrations } from './migration-file.js'
import { type MigrateOptions, resolveMigrateOptions } from './options.js'
import { planMigrations } from './plan.js'
import { withRunnersLock } from './with-runners-lock.js'

/** What {@link baselineMigrations} takes. */
export interface BaselineOptions
  extends Pick<MigrateOptions, 'directory' | 'table' | 'schemas' | 'waitTimeout'> {
  /** The number of the last file whose work the database already has. */
  readonly to: number
}

/**
 * Records the files up to a number as applied without running them, for a database that has been given their work by
 * other means. Files that are already recorded stay as they are.
 *
 * @returns the names of the files that were recorded now
 * @throws MigrationError when the folder has no file of that number, or the history does not fit the folder
 * @throws OptionsError for an unknown or impossible option
 */
export async function baselineMigrations(
  pool: MigrationPool,
  { to, ...options }: BaselineOptions,
): Promise<{ readonly recorded: readonly string[] }> {
  const settings = resolveMigrateOptions(options)
  const files = await readMigrations(settings.directory)
  if (!files.some(file => file.number === to)) throw noSuchFile(to)
  const history = new History(settings)
  return withRunnersLock(pool, settings, async (client, rows) => {
    const finished = rows.filter(row => row.finished)
    const pending = planMigrations(files, finished).pending.filter(file => file.number <= to)
    if (pending.length === 0) return { recorded: [] }
    await history.ensure(client)
    for (const row of rows) if (!row.finished) await history.abandon(client, row)
    for (const file of pending) await history.record(client, file)
    await rememberFingerprint(client, to, settings)
    return { recorded: pending.map(file => file.name) }
  })
}

function noSuchFile(to: unknown): MigrationError {
  const given = Number.isSafeInteger(to) ? `number ${to}` : 'that number'
  return new MigrationError(
    'HOLDFAST_MIGRATION',
    `The folder has no migration of ${given}. Nothing was recorded; give the number of an existing file.`,
  )
}
