import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'

/** A migration that the database's history holds. */
export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly checksum: string
  /** Whether older code must not work on its schema; null where that is not known. */
  readonly breaking: boolean | null
}

/** What is to be done with a database. */
export interface MigrationPlan {
  /** The files still to apply, in order. */
  readonly pending: readonly MigrationFile[]
  /** What newer code has applied, and this code can live with. */
  readonly newer: readonly AppliedMigration[]
}

/**
 * What a folder and a history make of each other. Forward only: every applied file must still be there, unchanged, and
 * every new one must come after them. What was applied beyond the last file of the folder is newer code's.
 *
 * @throws MigrationFileError naming the first file for which that is not so, or a newer one that is breaking
 */
export function planMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): MigrationPlan {
  const byNumber = new Map(files.map(file => [file.number, file]))
  const newest = files.at(-1)?.number ?? 0
  const newer = applied.filter(row => row.number > newest)
  for (const row of applied) {
    const problem = row.number > newest ? newerProblem(row) : appliedProblem(row, byNumber.get(row.number))
    if (problem !== undefined) throw new MigrationFileError(problem.file, problem.message)
  }
  const done = new Set(applied.map(row => row.number))
  const pending = files.filter(file => !done.has(file.number))
  const last = lastOf(applied)
  for (const file of pending) {
    const problem = orderProblem(file, last)
    if (problem !== undefined) throw new MigrationFileError(problem.file, problem.message)
  }
  return { pending, newer }
}

/** Why a file and a history do not fit. */
export interface PlanProblem {
  readonly kind: 'missing' | 'renamed' | 'changed' | 'out-of-order' | 'newer'
  readonly file: string
  /** What is wrong and what to do, without the file's name in front. */
  readonly message: string
}

/** What is wrong with an applied file that the folder should have. */
export function appliedProblem(
  row: AppliedMigration,
  file: MigrationFile | undefined,
): PlanProblem | undefined {
  if (file === undefined) {
    const message = 'was applied to this database, but the folder does not have it.'
    return { kind: 'missing', file: row.name, message }
  }
  if (file.name !== row.name) {
    const message = `was applied to this database under another name, ${row.name}.`
    return { kind: 'renamed', file: file.name, message }
  }
  if (file.checksum !== row.checksum) {
    const message =
      'was changed after it was applied to this database. Undo the change and put it into a new file.'
    return { kind: 'changed', file: file.name, message }
  }
  return undefined
}

/** What is wrong with a file that was applied by newer code. */
export function newerProblem(row: AppliedMigration): PlanProblem | undefined {
  if (row.breaking === false) return undefined
  const why = row.breaking ? 'says that it breaks older code' : 'may break older code'
  const message = `was applied by newer code than this, and ${why}. Run the newer code, or give the folder the file.`
  return { kind: 'newer', file: row.name, message }
}

/** What is wrong with a file that is not applied yet. */
export function orderProblem(
  file: MigrationFile,
  last: AppliedMigration | undefined,
): PlanProblem | undefined {
  if (last === undefined || file.number > last.number) return undefined
  const message = `is new, but ${last.name} has already been applied. Give it a number above ${last.number}.`
  return { kind: 'out-of-order', file: file.name, message }
}

/** The applied file with the highest number. */
export function lastOf(applied: readonly AppliedMigration[]): AppliedMigration | undefined {
  return applied.reduce<AppliedMigration | undefined>((a, b) => (a && a.number > b.number ? a : b), undefined)
}
