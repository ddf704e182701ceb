import type { HistoryRow } from './history.js'
import type { MigrationFile } from './migration-file.js'
import { appliedProblem, lastOf, newerProblem, orderProblem, type PlanProblem } from './plan.js'

/** How one file stands. */
export interface MigrationState {
  readonly number: number
  readonly file: string
  /**
   * `applied` or only recorded as such (`baseline`), `newer` code's, `pending`, `running` now, `failed`, or
   * `unfinished`: its runner was cut off, and the next one resumes it.
   */
  readonly state: 'applied' | 'baseline' | 'newer' | 'pending' | 'running' | 'failed' | 'unfinished'
  /** When it was finished. */
  readonly finishedAt: Date | null
  /** How long it took, in milliseconds. */
  readonly millis: number | null
  /** Whether it runs in a transaction; null when the folder is not known to have it. */
  readonly transactional: boolean | null
  /** Whether code that does not have the file must not work on its schema; null when nobody knows. */
  readonly breaking: boolean | null
}

/** One thing that is wrong. */
export interface MigrationProblem {
  readonly kind: PlanProblem['kind'] | 'failed' | 'unfinished' | 'drift'
  readonly file: string
  /** What is wrong, without the file's name in front. */
  readonly message: string
  /** What to do. */
  readonly remedy: string
}

/** All files that folder or history know, by number. */
export function statesOf(
  files: readonly MigrationFile[] | undefined,
  rows: readonly HistoryRow[],
): readonly MigrationState[] {
  const newest = files?.at(-1)?.number ?? Number.POSITIVE_INFINITY
  const known = new Set(rows.map(row => row.number))
  const fromRows = rows.map(row =>
    stateOfRow(
      row,
      files?.find(file => file.number === row.number),
      newest,
    ),
  )
  const pending = (files ?? []).filter(file => !known.has(file.number)).map(stateOfPending)
  return [...fromRows, ...pending].sort((a, b) => a.number - b.number)
}

/** What folder and history say against each other, and what has not ended well. */
export function problemsOf(
  files: readonly MigrationFile[] | undefined,
  rows: readonly HistoryRow[],
): readonly MigrationProblem[] {
  const unfinished = rows.flatMap(row => withRemedy(attemptProblem(row)))
  return files === undefined ? unfinished : [...unfinished, ...folderProblems(files, rows)]
}

function folderProblems(files: readonly MigrationFile[], rows: readonly HistoryRow[]): MigrationProblem[] {
  const finished = rows.filter(row => row.finished)
  const byNumber = new Map(files.map(file => [file.number, file]))
  const newest = files.at(-1)?.number ?? 0
  const ofApplied = finished.map(row =>
    row.number > newest ? newerProblem(row) : appliedProblem(row, byNumber.get(row.number)),
  )
  const done = new Set(finished.map(row => row.number))
  const last = lastOf(finished)
  const ofPending = files.filter(file => !done.has(file.number)).map(file => orderProblem(file, last))
  return [...ofApplied, ...ofPending].flatMap(withRemedy)
}

function attemptProblem(row: HistoryRow): Omit<MigrationProblem, 'remedy'> | undefined {
  if (row.finished || row.running) return undefined
  if (!row.failed) {
    return {
      kind: 'unfinished',
      file: row.name,
      message: 'was begun, and its runner was cut off before it was done.',
    }
  }
  const code = row.failure === null ? '' : ` with SQLSTATE ${row.failure}`
  return { kind: 'failed', file: row.name, message: `failed${code}; what it left behind is still there.` }
}

const REMEDIES: Readonly<Record<Exclude<MigrationProblem['kind'], 'drift'>, string>> = {
  missing: 'Put the file back into the folder.',
  renamed: 'Give the file its name back; or accept the new one with: holdfast migrate repair --only renamed',
  changed:
    'Undo the change; or, when the database is right, accept the file with: holdfast migrate repair --only changed',
  'out-of-order': 'Give the file a number above the last one that is applied.',
  newer: 'Run the newer code, or give the folder the file.',
  failed:
    'Mend the cause, then: holdfast migrate up. Or clear away what it left with: holdfast migrate repair --only failed',
  unfinished: 'Resume it with: holdfast migrate up',
}

function withRemedy(problem: Omit<MigrationProblem, 'remedy'> | undefined): MigrationProblem[] {
  if (problem === undefined || problem.kind === 'drift') return []
  return [{ ...problem, remedy: REMEDIES[problem.kind] }]
}

function stateOfRow(row: HistoryRow, file: MigrationFile | undefined, newest: number): MigrationState {
  const { number, name, startedAt, finishedAt, breaking } = row
  return {
    number,
    file: name,
    state: wordFor(row, newest),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
    millis: finishedAt === null || row.baseline ? null : finishedAt - startedAt,
    transactional: file?.transactional ?? null,
    breaking,
  }
}

function wordFor(row: HistoryRow, newest: number): MigrationState['state'] {
  if (row.running) return 'running'
  if (row.failed) return 'failed'
  if (!row.finished) return 'unfinished'
  if (row.number > newest) return 'newer'
  return row.baseline ? 'baseline' : 'applied'
}

function stateOfPending({ number, name, transactional, breaking }: MigrationFile): MigrationState {
  return { number, file: name, state: 'pending', finishedAt: null, millis: null, transactional, breaking }
}
