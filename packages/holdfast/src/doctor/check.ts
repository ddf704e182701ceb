import type { Facts } from './facts.js'

/** How bad it is: `error` loses or leaks data or will, `warning` costs, `info` is worth a look. */
export type Severity = 'error' | 'warning' | 'info'

/** What a check is about. */
export type Category = 'integrity' | 'indexes' | 'security' | 'performance' | 'operations' | 'pooling'

/** A row of a check's query; all values are text or null. */
export type Row = Readonly<Record<string, string | null>>

/** One thing that a check found wrong. */
export interface Problem {
  /** What it is about, with its schema: `public.users.id`. Together with the check's id it names the finding. */
  readonly object: string
  /** What was seen. */
  readonly evidence: string
  /** SQL that mends it, or says in comments what has to be decided first. It is printed and never run. */
  readonly fix: string
  /** Where it differs from the check's. */
  readonly severity?: Severity
}

/** One check: what it asks the database, and how it judges the answer. */
export interface Check {
  /** Stable: a letter for the category and a number. */
  readonly id: string
  /** Stable, in words. */
  readonly name: string
  /** What is wrong where it finds something. */
  readonly title: string
  readonly severity: Severity
  readonly category: Category
  /** Why it matters, and when it may be left. */
  readonly explain: string
  /** The first major version of PostgreSQL that has what is asked for. Default: any. */
  readonly since?: number
  /** Judges the counters of the statistics, which say nothing before they are a week old. */
  readonly usage?: true
  /** Why the check says nothing here; `undefined` where it can be asked. */
  readonly skip?: (facts: Facts) => string | undefined
  /** `$1` is the list of the schemas looked at. Absent where the facts suffice. */
  readonly query?: string | ((facts: Facts) => string)
  /** Further queries, made of the rows of the first: their rows are judged instead. */
  readonly further?: (rows: readonly Row[]) => readonly string[]
  /** Default: every row is a problem, with the columns `object`, `evidence`, `fix` and perhaps `severity`. */
  readonly judge?: (rows: readonly Row[], facts: Facts) => readonly Problem[]
}

/** Judges rows that are problems already. */
export function everyRow(rows: readonly Row[]): readonly Problem[] {
  return rows.map(({ object, evidence, fix, severity }) => ({
    object: object ?? '',
    evidence: evidence ?? '',
    fix: fix ?? '',
    ...(severity ? { severity: severity as Severity } : {}),
  }))
}
