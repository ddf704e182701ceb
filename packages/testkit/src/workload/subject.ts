import type { Change, Origin } from '../history/events.js'

/** One statement, as a pool takes it. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  /** Present: it is prepared under this name. */
  readonly name?: string
  /** Present: rows are arrays. */
  readonly rowMode?: 'array'
}

/** What a statement returns, as far as we look at it. */
export interface Answer {
  readonly rows: readonly unknown[]
  readonly fields: readonly { readonly name: string }[]
  /** Where it came from, from data layers that say so. */
  readonly cache?: Origin
}

/** What runs statements. */
export interface Executor {
  query(statement: Statement): Promise<Answer>
}

/** A connection of one's own. */
export interface Session extends Executor {
  /** @param destroy whether it must not be used again */
  release(destroy?: boolean): void
}

/** What is being checked: a data layer in one process. */
export interface Subject extends Executor {
  /** A read that may be answered from a cache; `key` says which one it is. */
  read(statement: Statement, key: string): Promise<Answer>
  /** Runs the function in a transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(body: (transaction: Executor) => Promise<T>): Promise<T>
  /** A connection for transactions by hand. */
  connect(): Promise<Session>
  /** Told what was committed, before the write counts as done. For caches that cannot know it themselves. */
  written?(changes: readonly Change[]): Promise<void>
}

/** A row by the names of its columns, whatever the row mode was. */
export type Row = Readonly<Record<string, unknown>>

/** The rows of an answer by the names of their columns. */
export function rowsOf({ rows, fields }: Answer): Row[] {
  return rows.map(row =>
    Array.isArray(row)
      ? Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]))
      : (row as Row),
  )
}

/** Codes of PostgreSQL's own errors after which nothing of the statement remains. */
const ABORTED = /^(0A|0L|0P|20|21|22|23|25|26|28|2F|34|38|39|3[BDF]|40(?!003)|42|44|53|54|55|57014|P0)/

/** Whether an error of a write tells for certain that the write was undone. */
export function isAborted(error: unknown): boolean {
  const { code, retry } = error as { code?: unknown; retry?: unknown }
  if (typeof code !== 'string') return false
  // A data layer that says `retry: 'safe'` promises that nothing was written: the checker holds it to that.
  return /^[0-9A-Z]{5}$/.test(code) ? ABORTED.test(code) : retry === 'safe'
}

/** A short name for an error: its code if it has one. */
export function wordsFor(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return String(code ?? message ?? error)
}
