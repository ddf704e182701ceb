import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'

/** A migration that the database's history holds. */
export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

/**
 * The files still to apply, in order. Forward only: every applied file must still be there, unchanged, and every
 * new one must come after them.
 *
 * @throws MigrationFileError naming the first file for which that is not so
 */
export function planMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): readonly MigrationFile[] {
  const byNumber = new Map(files.map(file => [file.number, file]))
  for (const row of applied) checkApplied(row, byNumber.get(row.number))
  const done = new Set(applied.map(row => row.number))
  const pending = files.filter(file => !done.has(file.number))
  const last = applied.reduce<AppliedMigration | undefined>(
    (a, b) => (a && a.number > b.number ? a : b),
    undefined,
  )
  for (const file of pending) checkOrder(file, last)
  return pending
}

function checkApplied(row: AppliedMigration, file: MigrationFile | undefined): void {
  if (file === undefined) {
    throw new MigrationFileError(row.name, 'was applied to this database, but the folder does not have it.')
  }
  if (file.name !== row.name) {
    throw new MigrationFileError(file.name, `was applied to this database under another name, ${row.name}.`)
  }
  if (file.checksum !== row.checksum) {
    throw new MigrationFileError(
      file.name,
      'was changed after it was applied to this database. Undo the change and put it into a new file.',
    )
  }
}

function checkOrder(file: MigrationFile, last: AppliedMigration | undefined): void {
  if (last === undefined || file.number > last.number) return
  throw new MigrationFileError(
    file.name,
    `is new, but ${last.name} has already been applied. Give it a number above ${last.number}.`,
  )
}
